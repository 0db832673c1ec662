import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SignUp, VerifyPhone, type Contract, type Message, type Role } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { CONFIG } from '@sluice/service-kit';
import { signUp, verified, type SignUpRequest } from './account.js';
import { AccountHandler } from './account.handler.js';
import { AccountQueries } from './account.queries.js';
import { newCode } from './code.js';
import { limitsOf, type AccountsConfig } from './config.js';
import { hashPassword } from './password.js';

interface SeedAccount {
  userId: string;
  phone: string;
  name: string;
  role: Role;
  password: string;
}

/** The accounts of a development system; their passwords are public. */
const SEED: SeedAccount[] = [
  {
    userId: '00000000-0000-7000-8000-000000000000',
    phone: '+10000000000',
    name: 'Admin',
    role: 'admin',
    password: 'admin-password',
  },
  {
    userId: '00000000-0000-7000-8000-000000000001',
    phone: '+10000000001',
    name: 'Customer',
    role: 'customer',
    password: 'customer-password',
  },
];

/** Creates the seed accounts before the first message is handled; does nothing when they exist. */
@Injectable()
export class Seed implements OnApplicationBootstrap {
  constructor(
    private readonly queries: AccountQueries,
    private readonly handler: AccountHandler,
    @Inject(CONFIG) private readonly config: AccountsConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.DEV_SEED) return;
    for (const account of SEED) await this.ensure(account);
  }

  /** Reads first, so that a boot does not cost two password hashes. */
  private async ensure({ password, ...account }: SeedAccount): Promise<void> {
    const { accounts } = await this.queries.holdersOf(account.phone);
    const existing = accounts.find(({ id }) => id === account.userId);
    if (!existing) await this.signUp({ ...account, passwordHash: await hashPassword(password), code: newCode() });
    if (existing?.verifiedAt) return;
    const { userId, phone } = account;
    await this.handler.changeNumber(seedMessage(VerifyPhone, newId()), phone, userId, (holders, now) =>
      verified(holders, userId, limitsOf(this.config), now),
    );
  }

  private async signUp(request: SignUpRequest): Promise<void> {
    const { userId, phone } = request;
    await this.handler.changeNumber(seedMessage(SignUp, userId), phone, userId, (holders, now) =>
      holders.own ? {} : signUp(holders, request, limitsOf(this.config), now),
    );
  }
}

/**
 * The message id is the account's id: the inbox makes the sign-up happen once, even when two replicas start together.
 */
function seedMessage({ type, version }: Contract, id: string): Message {
  return { id, type, version, correlationId: 'seed', time: new Date().toISOString(), data: undefined };
}
