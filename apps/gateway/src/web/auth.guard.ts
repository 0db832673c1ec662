import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import { accessOf, type Caller, type RequestWithCaller } from './auth.js';
import { Revocations } from './revocations.js';
import { tokenOf, Tokens } from './tokens.js';

/** Requires a valid token, except on public routes. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: Tokens,
    private readonly revocations: Revocations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { isPublic, role, voidTokenToo } = accessOf(context.getHandler());
    if (isPublic) return true;
    this.revocations.mustBeKnown();
    const request = context.switchToHttp().getRequest<RequestWithCaller>();
    const caller = await this.#callerOf(request, voidTokenToo);
    if (!caller)
      throw ProblemError.of(
        401,
        'Unauthorized',
        tokenOf(request) ? 'The token is not valid or has expired.' : 'Send a token: Authorization: Bearer <token>.',
      );
    if (role && caller.role !== role) throw ProblemError.of(403, 'Forbidden', `Only for the role ${role}.`);
    return true;
  }

  async #callerOf(request: RequestWithCaller, voidTokenToo: boolean): Promise<Caller | null> {
    if (!voidTokenToo) return this.tokens.callerOf(request);
    return (request.caller = await this.tokens.holderOf(request));
  }
}
