import { Controller, Inject } from '@nestjs/common';
import {
  ChangePassword,
  ChangeProfile,
  GetProfile,
  ListRevocations,
  type Message,
  ResendCode,
  SetRole,
  SignIn,
  SignOut,
  SignUp,
  VerifyPhone,
} from '@sluice/contracts';
import { decisionTime, On } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { onOwn, ownKeys } from './account-decision.js';
import { AccountHandler } from './account.handler.js';
import { resendCode, verifyPhone, type AccountLimits } from './account.js';
import { AccountRepository } from './account.repository.js';
import { newCode } from './code.js';
import { limitsOf, type AccountsConfig } from './config.js';
import { setRole, signOut } from './own-account.js';
import { changeProfile } from './profile.js';
import { RevocationQueries } from './revocation.queries.js';

/** More than the hashing queue holds, so that requests without a hash never wait behind it. */
const PREFETCH = { prefetch: 500 };

@Controller()
export class AccountsListener {
  readonly #limits: AccountLimits;

  constructor(
    private readonly accounts: AccountRepository,
    private readonly handler: AccountHandler,
    private readonly revocations: RevocationQueries,
    @Inject(CONFIG) config: AccountsConfig,
  ) {
    this.#limits = limitsOf(config);
  }

  @On(SignUp, PREFETCH)
  signUp(message: Message<typeof SignUp>) {
    return this.handler.signUp(message);
  }

  @On(SignIn, PREFETCH)
  signIn(message: Message<typeof SignIn>) {
    return this.handler.signIn(message);
  }

  @On(VerifyPhone, PREFETCH)
  async verifyPhone(message: Message<typeof VerifyPhone>) {
    const { userId, code } = message.data;
    const { phone } = await this.handler.ownOf(userId);
    return this.handler.changeNumber(message, phone, userId, (holders, now) =>
      verifyPhone(holders, userId, code, this.#limits, decisionTime(message, now)),
    );
  }

  @On(ResendCode, PREFETCH)
  async resendCode(message: Message<typeof ResendCode>) {
    const { userId } = message.data;
    const { phone } = await this.handler.ownOf(userId);
    const code = newCode();
    return this.handler.changeNumber(message, phone, userId, (holders, now) =>
      resendCode(holders, userId, code, this.#limits, now),
    );
  }

  @On(SignOut, PREFETCH)
  signOut(message: Message<typeof SignOut>) {
    const { userId, tokenId, expiresAt } = message.data;
    const token = { userId, tokenId, expiresAt: new Date(expiresAt) };
    const own = { userId, revoked: tokenId };
    return this.accounts.change(
      message,
      ownKeys(own),
      onOwn(own, ({ revocation }, now) => signOut(revocation, token, now)),
    );
  }

  @On(ChangePassword, PREFETCH)
  changePassword(message: Message<typeof ChangePassword>) {
    return this.handler.changePassword(message);
  }

  @On(GetProfile, PREFETCH)
  getProfile({ data }: Message<typeof GetProfile>) {
    return this.handler.profileOf(data.userId);
  }

  @On(ChangeProfile, PREFETCH)
  changeProfile(message: Message<typeof ChangeProfile>) {
    const { userId, ...wanted } = message.data;
    const own = { userId, revoked: userId };
    return this.accounts.change(
      message,
      ownKeys(own),
      onOwn(own, (account) => changeProfile(account, wanted)),
    );
  }

  @On(SetRole, PREFETCH)
  async setRole(message: Message<typeof SetRole>): Promise<void> {
    const { userId, role } = message.data;
    const { tokensMs } = this.#limits;
    const own = { userId, revoked: userId };
    await this.accounts.change(
      message,
      ownKeys(own),
      onOwn(own, (account, now) => setRole(account, { role, tokensMs }, now)),
    );
  }

  @On(ListRevocations, PREFETCH)
  listRevocations({ data }: Message<typeof ListRevocations>) {
    return this.revocations.page(data);
  }
}
