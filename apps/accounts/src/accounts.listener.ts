import { Controller, Inject } from '@nestjs/common';
import { SignIn, SignUp, VerifyPhone, type Message, type Reply } from '@sluice/contracts';
import { judgedAt, On, ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { noSuchAccount, signUp, verifyPhone } from './account.js';
import { AccountsRepository } from './accounts.repository.js';
import type { AccountsConfig } from './config.js';
import { hashPassword, passwordMatches } from './password.js';
import { SignInFailures } from './sign-in-failures.repository.js';
import { issueToken } from './token.js';
import { newCode } from './verification-code.js';

/** Requests wait on the broker, where they end with their caller's patience, and not in front of the password hash. */
const FEW = { prefetch: 4 };

@Controller()
export class AccountsListener {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly failures: SignInFailures,
    @Inject(CONFIG) private readonly config: AccountsConfig,
  ) {}

  @On(SignUp, FEW)
  async signUp(message: Message<typeof SignUp>) {
    const { password, ...user } = message.data;
    const request = { ...user, role: 'customer' as const, passwordHash: await hashPassword(password), code: newCode() };
    return this.accounts.change(message, user.phone, (account, now) => signUp(account, request, now));
  }

  /** A number that nobody has is counted, waited for and compared like any other. */
  @On(SignIn, FEW)
  async signIn(message: Message<typeof SignIn>): Promise<Reply<typeof SignIn>> {
    const { phone, password, client } = message.data;
    if (client) await this.failures.countTry(message, phone, client);
    const account = await this.accounts.byPhone(phone);
    const matches = await passwordMatches(password, account?.passwordHash);
    if (client && account && matches) await this.failures.takeBack(message, phone, client);
    if (!account || !matches) throw ProblemError.of(401, 'Unauthorized', 'The phone number or the password is wrong.');
    return issueToken(account, { privateKey: this.config.TOKEN_PRIVATE_KEY, ttlSeconds: this.config.TOKEN_TTL_SECONDS }, await this.accounts.now());
  }

  @On(VerifyPhone, FEW)
  async verifyPhone(message: Message<typeof VerifyPhone>): Promise<void> {
    const { userId, code } = message.data;
    const phone = await this.accounts.phoneOf(userId);
    if (!phone) throw noSuchAccount();
    const problem = await this.accounts.change(message, phone, (account, now) => verifyPhone(account, code, judgedAt(message, now)));
    if (problem) throw problem;
  }
}
