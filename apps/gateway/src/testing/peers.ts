import { Controller } from '@nestjs/common';
import {
  AlertWatchers,
  AllotStock,
  BookCarrier,
  CapturePayment,
  ChangePassword,
  ChangeProfile,
  ClosePayable,
  CreateCoupon,
  type Data,
  DeliverParcel,
  DispatchParcel,
  ExtendPayable,
  FindFilledInboxes,
  GetInboxEntries,
  GetParcel,
  GetPayable,
  GetPoints,
  GetPrices,
  GetProduct,
  GetProfile,
  HaltParcels,
  ListNotifications,
  ListProducts,
  ListRevocations,
  type Message,
  Pay,
  type ProductVersion,
  PutProduct,
  RecallCarrier,
  ReceiveStock,
  RefundPayment,
  RefuseCard,
  type Reply,
  ResendCode,
  ReturnAllotment,
  type Revocation,
  SetRole,
  SignIn,
  SignOut,
  SignUp,
  UnwatchProduct,
  VerifyPhone,
  WatchProduct,
} from '@sluice/contracts';
import { On, ProblemError } from '@sluice/messaging';
import { v7 } from 'uuid';

const NOW = '2026-11-21T12:00:00Z';
const TOMORROW = () => new Date(Date.now() + 86_400_000).toISOString();
const PRICE = { amount: 250, currency: 'EUR' };

/** Fake payments service: the card token decides. */
@Controller()
export class PaymentsPeer {
  readonly tokens: string[] = [];
  /** Orders about which the gateway has asked. */
  readonly asked: string[] = [];
  /** The only order that can be paid. */
  payable: string | undefined;

  /** User with too many failed cards. */
  blocked: string | undefined;
  /** Orders that were tried with an unknown card. */
  readonly refused: string[] = [];

  @On(GetPayable)
  async get({ data: { orderId, userId } }: Message<typeof GetPayable>): Promise<Reply<typeof GetPayable>> {
    this.asked.push(orderId);
    if (orderId !== this.payable) throw ProblemError.of(404, 'Nothing to pay');
    if (userId === this.blocked) throw ProblemError.of(429, 'Too many failed cards', undefined, { retryAfter: 321 });
    return { status: 'open' };
  }

  @On(RefuseCard)
  async refuse({ data }: Message<typeof RefuseCard>): Promise<void> {
    this.refused.push(data.orderId);
    throw ProblemError.of(422, 'Unknown card');
  }

  @On(Pay)
  async pay({ data }: Message<typeof Pay>): Promise<Reply<typeof Pay> | void> {
    this.tokens.push(data.cardToken);
    if (data.orderId !== this.payable) throw ProblemError.of(404, 'Nothing to pay');
    if (data.cardToken === 'tok_fake_0002') throw ProblemError.of(402, 'Declined');
    if (data.cardToken === 'tok_fake_0119') return { status: 'pending' };
    return { status: 'captured' };
  }

  @On(CapturePayment, { queue: 'captures' })
  async capture(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(ClosePayable)
  async close(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(ExtendPayable)
  async extend(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(RefundPayment, { queue: 'captures' })
  async refund(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }
}

/** Fake accounts service. */
@Controller()
export class AccountsPeer {
  /** Revocations that a gateway's request returns. */
  readonly revoked: Revocation[] = [];
  lists = 0;

  @On(GetProfile)
  async profile({ data: { userId } }: Message<typeof GetProfile>): Promise<Reply<typeof GetProfile>> {
    return { id: userId, phone: '+15550000001', name: 'Ann', verified: true, language: 'en', channels: ['inbox'] };
  }

  @On(ChangeProfile)
  async changeProfile({
    data: { userId, email, language = 'en', channels = ['inbox'] },
  }: Message<typeof ChangeProfile>): Promise<Reply<typeof ChangeProfile>> {
    const profile = { id: userId, phone: '+15550000001', name: 'Ann', verified: true, language, channels };
    return { ...profile, ...(typeof email === 'string' && { email }) };
  }

  @On(SignUp)
  async signUp({ data, data: { userId, phone, name } }: Message<typeof SignUp>): Promise<Reply<typeof SignUp>> {
    if (phone === '+15550000008') throw new Error(`cannot store ${JSON.stringify(data)}`);
    if (phone === '+15550000009') throw ProblemError.of(409, 'Phone number taken');
    return { id: userId, phone, name };
  }

  @On(SignIn)
  async signIn({ data }: Message<typeof SignIn>): Promise<Reply<typeof SignIn>> {
    if (data.password !== 'a password') throw ProblemError.of(401, 'Unauthorized');
    return { token: 't', expiresAt: NOW };
  }

  @On(VerifyPhone)
  async verify({ data }: Message<typeof VerifyPhone>): Promise<void> {
    if (data.code === '999999') throw ProblemError.of(429, 'Too many tries');
    if (data.code !== '123456') throw ProblemError.of(422, 'Wrong code');
  }

  @On(ResendCode)
  async resend(): Promise<void> {
    throw ProblemError.of(429, 'Too Many Requests', 'A code was sent just now.', { retryAfter: 42 });
  }

  @On(SignOut)
  async signOut({ data }: Message<typeof SignOut>): Promise<Reply<typeof SignOut>> {
    return data;
  }

  @On(ChangePassword)
  async changePassword({
    data: { userId, tokenId, password },
  }: Message<typeof ChangePassword>): Promise<Reply<typeof ChangePassword>> {
    if (password !== 'a password') throw ProblemError.of(403, 'Forbidden');
    return { userId, minEpoch: 1, keep: tokenId, expiresAt: TOMORROW() };
  }

  @On(SetRole)
  async setRole(): Promise<void> {}

  @On(ListRevocations)
  async list(): Promise<Reply<typeof ListRevocations>> {
    this.lists++;
    return { items: this.revoked, at: new Date().toISOString() };
  }
}

/** Fake inventory service: counts the versions of its products. */
@Controller()
export class InventoryPeer {
  readonly products = new Map<string, ProductVersion>([['TEA', { sku: 'TEA', name: 'Tea', price: PRICE, version: 1 }]]);
  /** SKUs of each price request. */
  readonly priceRequests: string[][] = [];

  @On(GetProduct)
  async product({ data: { sku } }: Message<typeof GetProduct>): Promise<Reply<typeof GetProduct>> {
    const product = this.products.get(sku);
    if (!product) throw ProblemError.of(404, 'No such product');
    return { ...product, available: 5 };
  }

  @On(GetPrices)
  async prices({ data: { skus } }: Message<typeof GetPrices>): Promise<Reply<typeof GetPrices>> {
    this.priceRequests.push(skus);
    return { items: skus.flatMap((sku) => this.products.get(sku) ?? []) };
  }

  @On(ListProducts)
  async list({ data }: Message<typeof ListProducts>): Promise<Reply<typeof ListProducts>> {
    return {
      items: [...this.products.values()].map((product) => ({ ...product, name: `limit ${data.limit}`, available: 5 })),
    };
  }

  @On(PutProduct)
  async put({ data }: Message<typeof PutProduct>): Promise<Reply<typeof PutProduct>> {
    const product = { ...data, version: (this.products.get(data.sku)?.version ?? 0) + 1 };
    this.products.set(data.sku, product);
    return { ...product, available: 0 };
  }

  @On(ReceiveStock)
  async receive({ data }: Message<typeof ReceiveStock>): Promise<Reply<typeof ReceiveStock>> {
    return { sku: data.sku, available: data.quantity };
  }

  @On(AllotStock)
  async allot(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(ReturnAllotment)
  async takeBack(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }
}

/** Fake logistics service. */
@Controller()
export class LogisticsPeer {
  @On(GetParcel)
  async get({ data }: Message<typeof GetParcel>): Promise<Reply<typeof GetParcel>> {
    return parcelOf(data.parcelId, 'preparing');
  }

  @On(DispatchParcel)
  async dispatch({ data }: Message<typeof DispatchParcel>): Promise<Reply<typeof DispatchParcel>> {
    return parcelOf(data.parcelId, 'dispatched');
  }

  @On(DeliverParcel)
  async deliver({ data }: Message<typeof DeliverParcel>): Promise<Reply<typeof DeliverParcel>> {
    return parcelOf(data.parcelId, 'delivered');
  }

  @On(HaltParcels)
  async halt(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(BookCarrier, { queue: 'bookings' })
  async book(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(RecallCarrier, { queue: 'bookings' })
  async recall(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }
}

const parcelOf = (id: string, status: 'preparing' | 'dispatched' | 'delivered') => ({
  id,
  status,
  orderId: v7(),
  userId: v7(),
  warehouse: 'east' as const,
  lines: [],
});

/** Fake promotions service. */
@Controller()
export class PromotionsPeer {
  @On(CreateCoupon)
  async create({ data }: Message<typeof CreateCoupon>): Promise<Reply<typeof CreateCoupon>> {
    if (data.code === 'TAKEN') throw ProblemError.of(409, 'The code is taken');
    return { ...data, redeemed: 0 };
  }

  @On(GetPoints)
  async points({ data }: Message<typeof GetPoints>): Promise<Reply<typeof GetPoints>> {
    return { points: data.userId.endsWith('a') ? 12 : 0 };
  }
}

/** Fake notifications service. */
@Controller()
export class NotificationsPeer {
  /** `<user>/<sku>` */
  readonly watched = new Set<string>();

  /** Entries of each inbox, oldest first. */
  readonly inboxes = new Map<string, string[]>();
  /** Reads of entries. */
  readonly reads: Data<typeof GetInboxEntries>[] = [];
  /** Checks whether inboxes have new entries. */
  checks = 0;

  @On(FindFilledInboxes)
  async filled({ data }: Message<typeof FindFilledInboxes>): Promise<Reply<typeof FindFilledInboxes>> {
    this.checks += 1;
    return {
      filled: data.inboxes.flatMap(({ userId, after }) => {
        const last = this.inboxes.get(userId)?.length ?? 0;
        return last > after ? [{ userId, last }] : [];
      }),
    };
  }

  @On(GetInboxEntries)
  async entries({ data }: Message<typeof GetInboxEntries>): Promise<Reply<typeof GetInboxEntries>> {
    this.reads.push(data);
    const texts = this.inboxes.get(data.userId) ?? [];
    const all = texts.map((text, n) => ({ sequence: n + 1, id: data.userId, at: NOW, text, about: 'products/TEA' }));
    const { after, limit } = data;
    return {
      items: after === undefined ? all.slice(-limit) : all.filter(({ sequence }) => sequence > after).slice(0, limit),
      last: all.length,
    };
  }

  @On(WatchProduct)
  async watch({ data: { userId, sku } }: Message<typeof WatchProduct>): Promise<void> {
    if (this.watched.size >= 3) throw ProblemError.of(409, 'Too many watches');
    this.watched.add(`${userId}/${sku}`);
  }

  @On(UnwatchProduct)
  async unwatch({ data: { userId, sku } }: Message<typeof UnwatchProduct>): Promise<void> {
    this.watched.delete(`${userId}/${sku}`);
  }

  @On(AlertWatchers)
  async alert(): Promise<void> {
    throw new Error('the gateway never sends this command');
  }

  @On(ListNotifications)
  async list({ data }: Message<typeof ListNotifications>): Promise<Reply<typeof ListNotifications>> {
    return { items: [{ id: data.userId, at: NOW, text: 'Paid', about: 'order' }] };
  }
}
