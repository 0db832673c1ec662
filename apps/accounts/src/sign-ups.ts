import { Inject, Injectable } from '@nestjs/common';
import type { Message, SignUp, User } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { isTaken, mayBeRepeat, signUp, taken, viewOf } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { newCode } from './code.js';
import { limitsOf, type AccountsConfig } from './config.js';
import { Passwords } from './passwords.js';

/** So long the same sign-up again is the same account: as long as an idempotency key is remembered. Milliseconds. */
const REPEAT_MS = 86_400_000;

@Injectable()
export class SignUps {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly passwords: Passwords,
    @Inject(CONFIG) private readonly config: AccountsConfig,
  ) {}

  /**
   * The account, or the one that this same request has made before: its answer may have been lost.
   * @throws ProblemError 409 the number is another user's; 429, 503 as for a sign-in
   */
  async signUp(message: Message<typeof SignUp>): Promise<User | undefined> {
    const before = await this.#madeBefore(message);
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
      // The same request may have been carried out at the same time.
      const same = await this.#madeBefore(message);
      if (same) return same;
      throw error;
    }
  }

  /**
   * Whoever guesses at a password here is counted as one who signs in.
   * @throws ProblemError 409 the number is another user's
   */
  async #madeBefore(message: Message<typeof SignUp>): Promise<User | undefined> {
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
