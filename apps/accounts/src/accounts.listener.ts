import { Controller, Inject } from '@nestjs/common';
import {
  ChangePassword,
  ListRevocations,
  type Message,
  type Reply,
  ResendCode,
  SetRole,
  SignIn,
  SignOut,
  SignUp,
  VerifyPhone,
} from '@sluice/contracts';
import { decisionTime, On, ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { noSuchAccount, resendCode, verifyPhone } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import { newCode } from './code.js';
import { limitsOf, type AccountsConfig } from './config.js';
import { changePassword, passwordChanged, setRole, signOut } from './own-account.js';
import { Passwords } from './passwords.js';
import { Revocations } from './revocations.query.js';
import { SignUps } from './sign-ups.js';
import { issueToken } from './token.js';

/** More than the hashing queue holds, so that requests without a hash never wait behind it. */
const PREFETCH = { prefetch: 500 };

const wrongPassword = (): ProblemError => ProblemError.of(403, 'Forbidden', 'The current password is wrong.');

@Controller()
export class AccountsListener {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly signUps: SignUps,
    private readonly passwords: Passwords,
    private readonly revocations: Revocations,
    @Inject(CONFIG) private readonly config: AccountsConfig,
  ) {}

  @On(SignUp, PREFETCH)
  signUp(message: Message<typeof SignUp>) {
    return this.signUps.signUp(message);
  }

  @On(SignIn, PREFETCH)
  async signIn(message: Message<typeof SignIn>): Promise<Reply<typeof SignIn>> {
    const { accounts } = await this.accounts.holdersOf(message.data.phone);
    const account = await this.passwords.find(message, message.data, accounts);
    if (!account) throw ProblemError.of(401, 'Unauthorized', 'The phone number or the password is wrong.');
    const issuer = { privateKey: this.config.TOKEN_PRIVATE_KEY, ttlSeconds: this.config.TOKEN_TTL_SECONDS };
    const { id, role, tokenEpoch, verifiedAt } = account;
    return issueToken({ id, role, tokenEpoch, verified: verifiedAt !== null }, issuer, await this.accounts.now());
  }

  @On(VerifyPhone, PREFETCH)
  async verifyPhone(message: Message<typeof VerifyPhone>): Promise<void> {
    const { userId, code } = message.data;
    const { phone } = await this.#own(userId);
    const limits = limitsOf(this.config);
    await this.accounts.changeNumber(message, phone, userId, (holders, now) =>
      verifyPhone(holders, userId, code, limits, decisionTime(message, now)),
    );
  }

  @On(ResendCode, PREFETCH)
  async resendCode(message: Message<typeof ResendCode>): Promise<void> {
    const { userId } = message.data;
    const { phone } = await this.#own(userId);
    const [code, limits] = [newCode(), limitsOf(this.config)];
    await this.accounts.changeNumber(message, phone, userId, (holders, now) =>
      resendCode(holders, userId, code, limits, now),
    );
  }

  @On(SignOut, PREFETCH)
  signOut(message: Message<typeof SignOut>) {
    const { userId, tokenId, expiresAt } = message.data;
    const token = { userId, tokenId, expiresAt: new Date(expiresAt) };
    return this.accounts.changeOwn(message, userId, tokenId, ({ revocation }, now) => signOut(revocation, token, now));
  }

  @On(ChangePassword, PREFETCH)
  async changePassword(message: Message<typeof ChangePassword>) {
    const { userId, tokenId, password, newPassword, client } = message.data;
    const own = await this.#own(userId);
    const has = async (tried: string): Promise<boolean> =>
      (await this.passwords.find(message, { phone: own.phone, password: tried, client }, [own])) !== undefined;
    if (!(await has(password))) {
      // Only the token of the last change can repeat it; for any other token no second hash is computed.
      if (own.keptToken !== tokenId || !(await has(newPassword))) throw wrongPassword();
      return this.accounts.changeOwn(message, userId, userId, passwordChanged);
    }
    const passwordHash = await this.passwords.hash(message, client, newPassword);
    const change = { passwordHash, keep: tokenId, tokensMs: limitsOf(this.config).tokensMs };
    return this.accounts.changeOwn(message, userId, userId, (account, now) => changePassword(account, change, now));
  }

  @On(SetRole, PREFETCH)
  async setRole(message: Message<typeof SetRole>): Promise<void> {
    const { userId, role } = message.data;
    const { tokensMs } = limitsOf(this.config);
    await this.accounts.changeOwn(message, userId, userId, (own, now) => setRole(own, { role, tokensMs }, now));
  }

  @On(ListRevocations, PREFETCH)
  listRevocations({ data }: Message<typeof ListRevocations>) {
    return this.revocations.page(data);
  }

  async #own(userId: string) {
    const own = await this.accounts.ownOf(userId);
    if (!own) throw noSuchAccount();
    return own;
  }
}
