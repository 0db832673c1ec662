import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SignUp, type Message, type Role } from '@sluice/contracts';
import { CONFIG } from '@sluice/service-kit';
import { signUp } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import type { AccountsConfig } from './config.js';
import { hashPassword } from './password.js';
import { newCode } from './verification-code.js';

interface SeedAccount {
  userId: string;
  phone: string;
  name: string;
  role: Role;
  password: string;
}

/** The accounts of a development system; their passwords are public. */
const SEED: SeedAccount[] = [
  { userId: '00000000-0000-7000-8000-000000000000', phone: '+10000000000', name: 'Admin', role: 'admin', password: 'admin-password' },
  { userId: '00000000-0000-7000-8000-000000000001', phone: '+10000000001', name: 'Customer', role: 'customer', password: 'customer-password' },
];

/** Signs up the seed accounts before the first message is taken; nothing happens when they exist. */
@Injectable()
export class Seed implements OnApplicationBootstrap {
  constructor(
    private readonly accounts: AccountsRepository,
    @Inject(CONFIG) private readonly config: AccountsConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.DEV_SEED) return;
    for (const account of SEED) await this.plant(account);
  }

  /** Looks first, because a boot should not cost two password hashes. */
  private async plant({ password, ...account }: SeedAccount): Promise<void> {
    if (await this.accounts.byPhone(account.phone)) return;
    const request = { ...account, passwordHash: await hashPassword(password), code: newCode() };
    await this.accounts.change(seedMessage(account.userId), account.phone, (existing, now) => signUp(existing, request, now));
  }
}

/** The message's id is the account's, so that the inbox makes it once-only even when two replicas boot at a time. */
const seedMessage = (id: string): Message => ({ id, type: SignUp.type, version: SignUp.version, correlationId: 'seed', time: new Date().toISOString(), data: undefined });
