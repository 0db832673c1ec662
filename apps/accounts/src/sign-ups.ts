import { Inject, Injectable } from '@nestjs/common';
import type { Message, SignUp, User } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { isTaken, mayBeRepeat, signUp, taken, viewOf } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { newCode } from './code.js';
import { limitsOf, type AccountsConfig } from './config.js';
import { Passwords } from './passwords.js';

/** Time in which a repeated sign-up returns the same account: the lifetime of an idempotency key. Milliseconds. */
const REPEAT_MS = 86_400_000;

@Injectable()
export class SignUps {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly passwords: Passwords,
    @Inject(CONFIG) private readonly config: AccountsConfig,
  ) {}

  /**
   * Creates an account, or returns the one that the same request created before: its reply may have been lost.
   * @throws ProblemError 409 the number is another user's; 429, 503 as for a sign-in
   */
  async signUp(message: Message<typeof SignUp>): Promise<User | undefined> {
    const before = await this.#createdBefore(message);
    if (before) return before;
    const { password, client, ...user } = message.data;
    const passwordHash = await this.passwords.hash(message, client, password);
    const request = { ...user, role: 'customer' as const, passwordHash, code: newCode() };
    const limits = limitsOf(this.config);
    try {
      return await this.accounts.changeNumber(message, user.phone, user.userId, (holders, now) =>
        signUp(holders, request, limits, now),
      );
    } catch (error) {
      if (!isConflict(error)) throw error;
      // The same request may have been handled at the same time.
      const same = await this.#createdBefore(message);
      if (same) return same;
      throw error;
    }
  }

  /**
   * The account of an earlier, equal request. Guesses at a password are counted as those of a sign-in.
   * @throws ProblemError 409 the number is another user's
   */
  async #createdBefore(message: Message<typeof SignUp>): Promise<User | undefined> {
    const { phone, password, client } = message.data;
    const { accounts, now } = await this.accounts.holdersOf(phone);
    const candidates = mayBeRepeat(accounts, message.data, REPEAT_MS, now);
    const attempt = { phone, password, client };
    const found = candidates.length > 0 ? await this.passwords.find(message, attempt, candidates) : undefined;
    if (found) return viewOf(found, phone);
    if (isTaken(accounts, limitsOf(this.config), now)) throw taken();
    return undefined;
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.status === taken().problem.status;
