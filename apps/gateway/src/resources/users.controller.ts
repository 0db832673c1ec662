import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { Credentials, NewUser, Session, SignIn, SignUp, User, VerificationCode, VerifyPhone } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import { v7 } from 'uuid';
import { z } from 'zod';
import { Describe } from '../openapi/describe.js';
import { Rpc } from '../rpc.js';
import { Me, Public, type Caller } from '../web/auth.js';
import { clientAddress } from '../web/client-address.js';

/** Hashing a password is slow on purpose, and a burst of them stands in line. */
const HASHING_PATIENCE_MS = 10_000;

@Controller()
export class UsersController {
  constructor(private readonly rpc: Rpc) {}

  @Public()
  @Post('users')
  @Describe('Sign up; a code is sent to the phone', { 201: User, 409: 'The phone number is taken' })
  signUp(@Body({ schema: NewUser }) user: z.output<typeof NewUser>): Promise<User> {
    return this.rpc.ask(SignUp, { ...user, userId: v7() }, HASHING_PATIENCE_MS);
  }

  @Post('users/verification')
  @HttpCode(204)
  @Describe('Confirm the phone number with the code', { 204: 'Confirmed', 422: 'A wrong or outdated code', 429: 'Too many requests, or too many tries with this code' })
  async verify(@Me() me: Caller, @Body({ schema: VerificationCode }) body: z.output<typeof VerificationCode>): Promise<void> {
    await this.rpc.ask(VerifyPhone, { ...body, userId: me.id });
  }

  @Public()
  @Post('sessions')
  @Describe('Sign in', { 201: Session, 401: 'An unknown phone number or a wrong password', 429: 'Too many requests, or signing in has failed too often: come again after Retry-After seconds' })
  signIn(@Body({ schema: Credentials }) credentials: z.output<typeof Credentials>, @Req() request: FastifyRequest): Promise<z.output<typeof Session>> {
    return this.rpc.ask(SignIn, { ...credentials, client: clientAddress(request) }, HASHING_PATIENCE_MS);
  }
}
