import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Put, Req } from '@nestjs/common';
import {
  ChangePassword,
  Credentials,
  Id,
  NewPassword,
  NewUser,
  ResendCode,
  Role,
  Session,
  SetRole,
  SignIn,
  SignOut,
  SignUp,
  User,
  VerificationCode,
  VerifyPhone,
} from '@sluice/contracts';
import { clientAddress, Describe, IdempotencyHeader, IdempotencyKey } from '@sluice/http-kit';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { userIdFor } from '../orders/order-id.js';
import { Rpc } from '../rpc.js';
import { Me, Public, Roles, WithVoidToken, type Caller } from '../web/auth.js';
import { Revocations } from '../web/revocations.js';

const UserPath = z.object({ id: Id });
const NewRole = z.strictObject({ role: Role });
const TOO_MANY = 'Too many requests, or signing in has failed too often: come again after Retry-After seconds';

/** Hashing a password is slow on purpose, and a burst of them is queued. */
const HASHING_TIMEOUT_MS = 10_000;

const SIGN_UP = {
  201: User,
  409: 'The phone number is taken',
  429: `${TOO_MANY}; or too many codes were sent to this number`,
};
const VERIFY = {
  204: 'Confirmed',
  404: 'The account has lost its number to another',
  422: 'A wrong or outdated code',
  429: 'Too many requests, or too many tries with this code',
};
const RESEND = {
  204: 'Sent, or the phone is verified',
  404: 'The account has lost its number to another',
  429: 'Too many requests, too soon, or too many codes for this account or number: come again after Retry-After seconds',
};
const CHANGE_PASSWORD = {
  204: 'Changed',
  403: 'The current password is wrong',
  404: 'The account has lost its number to another',
  429: TOO_MANY,
};

@Controller()
export class UsersController {
  constructor(
    private readonly rpc: Rpc,
    private readonly revocations: Revocations,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Public()
  @Post('users')
  @Describe('Sign up; a code is sent to the phone. The same again is the same account', SIGN_UP, IdempotencyHeader)
  signUp(
    @Body({ schema: NewUser }) user: z.output<typeof NewUser>,
    @IdempotencyKey() key: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<User> {
    const userId = userIdFor(this.config.IDEMPOTENCY_SECRET, user.phone, key);
    return this.rpc.request(SignUp, { ...user, userId, client: clientAddress(request) }, HASHING_TIMEOUT_MS);
  }

  @Post('users/verification')
  @HttpCode(204)
  @Describe('Confirm the phone number with the code; it is this account’s from then on', VERIFY)
  async verify(
    @Me() me: Caller,
    @Body({ schema: VerificationCode }) body: z.output<typeof VerificationCode>,
  ): Promise<void> {
    await this.rpc.request(VerifyPhone, { ...body, userId: me.id });
  }

  @Post('users/verification/resend')
  @HttpCode(204)
  @Describe('Have another code sent to the phone; the former one is void', RESEND)
  async resend(@Me() me: Caller): Promise<void> {
    await this.rpc.request(ResendCode, { userId: me.id });
  }

  @Public()
  @Post('sessions')
  @Describe('Sign in', { 201: Session, 401: 'An unknown phone number or a wrong password', 429: TOO_MANY })
  signIn(
    @Body({ schema: Credentials }) credentials: z.output<typeof Credentials>,
    @Req() request: FastifyRequest,
  ): Promise<z.output<typeof Session>> {
    return this.rpc.request(SignIn, { ...credentials, client: clientAddress(request) }, HASHING_TIMEOUT_MS);
  }

  @WithVoidToken()
  @Delete('sessions/current')
  @HttpCode(204)
  @Describe('Sign out: the token is void at once', { 204: 'Signed out' })
  async signOut(@Me() { id, tokenId, expiresAt }: Caller): Promise<void> {
    const token = { userId: id, tokenId, expiresAt: new Date(expiresAt * 1_000).toISOString() };
    this.revocations.add(await this.rpc.request(SignOut, token));
  }

  @Post('me/password')
  @HttpCode(204)
  @Describe('Change the password: all other tokens are void at once', CHANGE_PASSWORD)
  async changePassword(
    @Me() { id, tokenId }: Caller,
    @Body({ schema: NewPassword }) given: z.output<typeof NewPassword>,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const passwords = { password: given.current, newPassword: given.new };
    const change = { userId: id, tokenId, ...passwords, client: clientAddress(request) };
    this.revocations.add(await this.rpc.request(ChangePassword, change, HASHING_TIMEOUT_MS));
  }

  @Roles('admin')
  @Put('users/:id/role')
  @HttpCode(204)
  @Describe('Change what somebody may do; their tokens are void', { 204: 'Changed', 404: 'No such user' })
  async setRole(
    @Param({ schema: UserPath }) { id }: z.output<typeof UserPath>,
    @Body({ schema: NewRole }) { role }: z.output<typeof NewRole>,
  ): Promise<void> {
    await this.rpc.request(SetRole, { userId: id, role });
  }
}
