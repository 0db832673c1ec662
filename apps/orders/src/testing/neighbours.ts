import {
  CapturePayment,
  ClosePayable,
  CouponRedeemed,
  CouponRejected,
  DeliverParcel,
  DispatchParcel,
  HaltParcels,
  OrderCancelled,
  OrderPaid,
  OrderPlaced,
  OrderPriced,
  OrderRejected,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  ParcelsHalted,
  ParcelsLeft,
  Pay,
  PayableOpened,
  PayableVoided,
  PaymentCaptured,
  PaymentRefunded,
  RefundPayment,
  StockRejected,
  StockReserved,
  type Allocation,
  type Contract,
  type Data,
  type Money,
  type Outgoing,
  type ParcelStatus,
  type Warehouse,
} from '@sluice/contracts';
import { COUPON, ORDER, PARCELS, PAYMENT, USER } from './given.js';

/** How the other services will reply, decided before the order is placed. */
export interface Fate {
  inStock: boolean;
  allocation: Allocation;
  couponIsGood: boolean;
  /** Discount of a valid coupon in cents, up to the price of the order. */
  couponIsWorth: number;
  cardIsGood: boolean;
  /** The last status that the carrier reports of each parcel. */
  reach: ParcelStatus;
}

/** A model of another service: handles some messages and publishes others. */
export abstract class Neighbour {
  readonly #handlers = new Map<string, (data: unknown) => Outgoing[]>();

  protected on<C extends Contract>(contract: C, handle: (data: Data<C>) => Outgoing[]): void {
    this.#handlers.set(contract.type, (data) => handle(contract.schema.parse(data) as Data<C>));
  }

  accepts({ contract: { type } }: Outgoing): boolean {
    return this.#handlers.has(type);
  }

  receive({ contract: { type }, data }: Outgoing): Outgoing[] {
    return this.#handlers.get(type)!(data);
  }
}

const about = { orderId: ORDER, userId: USER, version: 1 };

/**
 * Holds the lines of one order, all or none, until the order is rejected or cancelled; then releases the lines that
 * the fact names.
 */
export class Inventory extends Neighbour {
  /** Pieces that are held for the order or have left for it. */
  held: Allocation = [];
  #decided = false;

  constructor({ inStock, allocation }: Fate) {
    super();
    this.on(OrderPlaced, () => {
      if (this.#decided) return [];
      this.#decided = true;
      if (!inStock) return [StockRejected({ ...about, reason: 'out_of_stock', skus: ['TEE'] })];
      this.held = allocation;
      return [StockReserved({ ...about, allocation })];
    });
    for (const end of [OrderRejected, OrderCancelled]) {
      this.on(end, ({ lines }) => {
        this.#decided = true;
        this.held = this.held.filter(({ sku }) => !lines.some((line) => line.sku === sku));
        return [];
      });
    }
  }
}

/** Redeems the coupon of one order, until the order is rejected or cancelled. */
export class Promotions extends Neighbour {
  isRedeemed = false;
  #decided = false;

  constructor({ couponIsGood, couponIsWorth }: Fate) {
    super();
    this.on(OrderPlaced, ({ coupon, subtotal: { amount, currency } }) => {
      if (coupon === undefined || this.#decided) return [];
      this.#decided = true;
      if (!couponIsGood) return [CouponRejected({ ...about, code: coupon, reason: 'used_up' })];
      this.isRedeemed = true;
      return [
        CouponRedeemed({ ...about, code: coupon, discount: { amount: Math.min(couponIsWorth, amount), currency } }),
      ];
    });
    for (const end of [OrderRejected, OrderCancelled]) {
      this.on(end, ({ coupon }) => {
        this.#decided = true;
        if (coupon === COUPON) this.isRedeemed = false;
        return [];
      });
    }
  }
}

/** Captures the money of one order, and refunds it when the order ends. Amounts in cents. */
export class Payments extends Neighbour {
  captured = 0;
  refunded = 0;
  #lapsed = false;
  #status: 'none' | 'open' | 'capturing' | 'captured' | 'voided' | 'voiding' | 'refunding' = 'none';
  #total = { amount: 0, currency: 'EUR' };

  constructor(private readonly fate: Pick<Fate, 'cardIsGood'>) {
    super();
    this.on(OrderPlaced, ({ total }) => this.#open(total));
    this.on(OrderPriced, ({ total }) => this.#open(total));
    this.on(Pay, () => {
      if (this.#status !== 'open') return [];
      this.#status = 'capturing';
      return [CapturePayment({ orderId: ORDER, captureId: PAYMENT })];
    });
    this.on(CapturePayment, () => this.#capture());
    this.on(OrderRejected, () => this.#cancel());
    this.on(OrderCancelled, () => this.#cancel());
    this.on(ClosePayable, () => this.#close());
    this.on(RefundPayment, () => {
      if (this.refunded > 0) return [];
      this.refunded = this.captured;
      return [PaymentRefunded({ ...about, paymentId: PAYMENT, amount: this.#total })];
    });
  }

  #open(total: Money | undefined): Outgoing[] {
    if (this.#status !== 'none' || !total?.amount) return [];
    [this.#status, this.#total] = ['open', total];
    return [PayableOpened({ ...about, amount: total })];
  }

  #capture(): Outgoing[] {
    if (this.#status !== 'capturing' && this.#status !== 'voiding') return [];
    if (!this.fate.cardIsGood) return this.#decline();
    const refund = this.#status === 'voiding' ? [RefundPayment({ orderId: ORDER, captureId: PAYMENT })] : [];
    this.#status = refund.length > 0 ? 'refunding' : 'captured';
    this.captured = this.#total.amount;
    return [PaymentCaptured({ ...about, paymentId: PAYMENT, amount: this.#total }), ...refund];
  }

  #decline(): Outgoing[] {
    const voids = this.#status === 'voiding' || this.#lapsed;
    this.#status = voids ? 'voided' : 'open';
    return voids ? [PayableVoided(about)] : [];
  }

  #close(): Outgoing[] {
    this.#lapsed = true;
    if (this.#status === 'open') this.#status = 'voided';
    return this.#status === 'voided' ? [PayableVoided(about)] : [];
  }

  #cancel(): Outgoing[] {
    const refund = this.#status === 'captured' ? [RefundPayment({ orderId: ORDER, captureId: PAYMENT })] : [];
    const next = { none: 'voided', open: 'voided', capturing: 'voiding', captured: 'refunding' } as const;
    if (this.#status in next) this.#status = next[this.#status as keyof typeof next];
    return refund;
  }
}

/** Creates one parcel per warehouse, and halts all of them or none. */
export class Logistics extends Neighbour {
  readonly parcels = new Map<Warehouse, ParcelStatus>();

  constructor({ reach }: Fate) {
    super();
    this.on(OrderPaid, ({ allocation }) => this.#create(allocation, reach));
    this.on(DispatchParcel, ({ parcelId }) => {
      const warehouse = warehouseOf(parcelId);
      if (this.parcels.get(warehouse) !== 'preparing') return [];
      this.parcels.set(warehouse, 'dispatched');
      return [ParcelDispatched(factOf(warehouse)), ...(reach === 'delivered' ? [DeliverParcel({ parcelId })] : [])];
    });
    this.on(DeliverParcel, ({ parcelId }) => {
      const warehouse = warehouseOf(parcelId);
      if (this.parcels.get(warehouse) !== 'dispatched') return [];
      this.parcels.set(warehouse, 'delivered');
      return [ParcelDelivered(factOf(warehouse))];
    });
    this.on(HaltParcels, ({ allocation }) => this.#halt(allocation));
  }

  #create(allocation: Allocation, reach: ParcelStatus): Outgoing[] {
    if (this.parcels.size > 0) return [];
    for (const { warehouse } of allocation) this.parcels.set(warehouse, 'preparing');
    return [...this.parcels.keys()].flatMap((warehouse) => [
      ParcelCreated(factOf(warehouse)),
      ...(reach === 'preparing' ? [] : [DispatchParcel({ parcelId: PARCELS[warehouse] })]),
    ]);
  }

  #halt(allocation: Allocation): Outgoing[] {
    if ([...this.parcels.values()].some((status) => status === 'dispatched' || status === 'delivered'))
      return [ParcelsLeft(about)];
    for (const { warehouse } of allocation) this.parcels.set(warehouse, 'halted');
    return [
      ParcelsHalted({
        ...about,
        parcels: [...this.parcels.keys()].map((warehouse) => ({ id: PARCELS[warehouse], warehouse, lines: [] })),
      }),
    ];
  }
}

const warehouseOf = (parcelId: string): Warehouse => (parcelId === PARCELS.east ? 'east' : 'west');
const factOf = (warehouse: Warehouse) => ({ ...about, parcelId: PARCELS[warehouse], warehouse, lines: [] });
