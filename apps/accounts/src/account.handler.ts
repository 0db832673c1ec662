import { Inject, Injectable } from '@nestjs/common';
import type { ChangePassword, Message, Profile, Reply, SignIn, SignUp, User } from '@sluice/contracts';
import { ProblemError, type DELEGATED } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { numberKeys, onNumber, onOwn, ownKeys, StaleHoldersError } from './account-decision.js';
import {
  isTaken,
  mayBeRepeat,
  noSuchAccount,
  signUp,
  taken,
  viewOf,
  wrongPassword,
  type Change,
  type Holders,
} from './account.js';
import { AccountQueries, type OwnAccountRead } from './account.queries.js';
import { AccountRepository } from './account.repository.js';
import { newCode } from './code.js';
import { limitsOf, type AccountsConfig } from './config.js';
import { changePassword, passwordChanged } from './own-account.js';
import { PasswordCalls } from './password.calls.js';
import { profileOf } from './profile.js';
import { issueToken } from './token.js';

/** The accounts of a number may change between reading and locking; each change needs one more try. */
const MAX_TRIES = 20;
/** Time in which a repeated sign-up returns the same account: the lifetime of an idempotency key. Milliseconds. */
const REPEAT_MS = 86_400_000;

/** The steps of messages that read accounts, and may compare or hash a password, before they change something. */
@Injectable()
export class AccountHandler {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly queries: AccountQueries,
    private readonly passwords: PasswordCalls,
    @Inject(CONFIG) private readonly config: AccountsConfig,
  ) {}

  /**
   * Changes the accounts of a number under the lock of the number's row.
   * @param userId an account that may not exist yet
   */
  async changeNumber<R>(
    message: Message,
    phone: string,
    userId: string,
    rule: (holders: Holders, now: Date) => Change<R>,
    tries = 1,
  ): Promise<R | undefined | typeof DELEGATED> {
    const read = await this.queries.holdersOf(phone);
    try {
      return await this.accounts.change(message, numberKeys(read, userId), onNumber(read, userId, rule));
    } catch (error) {
      if (!(error instanceof StaleHoldersError) || tries >= MAX_TRIES) throw error;
      return this.changeNumber(message, phone, userId, rule, tries + 1);
    }
  }

  /**
   * Creates an account, or returns the one that the same request created before: its reply may have been lost.
   * @throws ProblemError 409 the number is another user's; 429, 503 as for a sign-in
   */
  async signUp(message: Message<typeof SignUp>): Promise<User | undefined | typeof DELEGATED> {
    const before = await this.#createdBefore(message);
    if (before) return before;
    const { password, client, ...user } = message.data;
    const passwordHash = await this.passwords.hash(message, client, password);
    const request = { ...user, role: 'customer' as const, passwordHash, code: newCode() };
    const limits = limitsOf(this.config);
    try {
      return await this.changeNumber(message, user.phone, user.userId, (holders, now) =>
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
    const { accounts, now } = await this.queries.holdersOf(phone);
    const candidates = mayBeRepeat(accounts, message.data, REPEAT_MS, now);
    const attempt = { phone, password, client };
    const found = candidates.length > 0 ? await this.passwords.find(message, attempt, candidates) : undefined;
    if (found) return viewOf(found, phone);
    if (isTaken(accounts, limitsOf(this.config), now)) throw taken();
    return undefined;
  }

  /** @throws ProblemError 401; 429, 503 as the comparison of a password */
  async signIn(message: Message<typeof SignIn>): Promise<Reply<typeof SignIn>> {
    const { accounts } = await this.queries.holdersOf(message.data.phone);
    const account = await this.passwords.find(message, message.data, accounts);
    if (!account) throw ProblemError.of(401, 'Unauthorized', 'The phone number or the password is wrong.');
    const issuer = { privateKey: this.config.TOKEN_PRIVATE_KEY, ttlSeconds: this.config.TOKEN_TTL_SECONDS };
    const { id, role, tokenEpoch, verifiedAt } = account;
    return issueToken({ id, role, tokenEpoch, verified: verifiedAt !== null }, issuer, await this.queries.now());
  }

  /** @throws ProblemError 403 wrong password; 404; 429, 503 as the comparison of a password */
  async changePassword(message: Message<typeof ChangePassword>) {
    const { userId, tokenId, password, newPassword, client } = message.data;
    const own = await this.ownOf(userId);
    const keys = { userId, revoked: userId };
    const has = async (tried: string): Promise<boolean> =>
      (await this.passwords.find(message, { phone: own.phone, password: tried, client }, [own])) !== undefined;
    if (!(await has(password))) {
      // Only the token of the last change can repeat it; for any other token no second hash is computed.
      if (own.keptToken !== tokenId || !(await has(newPassword))) throw wrongPassword();
      return this.accounts.change(message, ownKeys(keys), onOwn(keys, passwordChanged));
    }
    const passwordHash = await this.passwords.hash(message, client, newPassword);
    const change = { passwordHash, keep: tokenId, tokensMs: limitsOf(this.config).tokensMs };
    return this.accounts.change(
      message,
      ownKeys(keys),
      onOwn(keys, (account, now) => changePassword(account, change, now)),
    );
  }

  /** @throws ProblemError 404 no such account, or another account has its number now */
  async profileOf(userId: string): Promise<Profile> {
    const found = await this.queries.shownOf(userId);
    if (!found) throw noSuchAccount();
    return profileOf(found);
  }

  /** @throws ProblemError 404 no such account, or another account has its number now */
  async ownOf(userId: string): Promise<OwnAccountRead> {
    const own = await this.queries.ownOf(userId);
    if (!own) throw noSuchAccount();
    return own;
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.status === taken().problem.status;
