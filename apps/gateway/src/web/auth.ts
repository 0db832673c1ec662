import { createParamDecorator, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Role } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { Revocations } from './revocations.js';
import { tokenOf, Tokens, type RequestWithCaller, type Caller } from './tokens.js';

export type { Caller } from './tokens.js';

/** Filter for reads: an admin may see every user's resources, a customer only their own. */
export const seenBy = (me: Caller): { userId: string; anyUser: boolean } => ({
  userId: me.id,
  anyUser: me.role === 'admin',
});

const PUBLIC = 'public';
const ROLE = 'role';
const VOID_TOO = 'void-too';

/** Allows requests without a token; every other route requires one. */
export const Public = () => SetMetadata(PUBLIC, true);
/** Allows only callers with this role. */
export const Roles = (role: Role) => SetMetadata(ROLE, role);

/** Accepts a revoked token too: revoking it again is no error. */
export const WithVoidToken = () => SetMetadata(VOID_TOO, true);

/** Access rules of a route. */
export const accessOf = (handler: object): { isPublic: boolean; role?: Role } => ({
  isPublic: Reflect.getMetadata(PUBLIC, handler) === true,
  role: Reflect.getMetadata(ROLE, handler) as Role | undefined,
});

/** The caller, in a handler that requires a token. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
  if (!caller) throw new Error('a public route has no caller');
  return caller;
});

/** Requires a valid token, except on public routes. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: Tokens,
    private readonly revocations: Revocations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { isPublic, role } = accessOf(context.getHandler());
    if (isPublic) return true;
    this.revocations.mustBeKnown();
    const request = context.switchToHttp().getRequest<RequestWithCaller>();
    const caller = await this.#callerOf(request, context.getHandler());
    if (!caller)
      throw ProblemError.of(
        401,
        'Unauthorized',
        tokenOf(request) ? 'The token is not valid or has expired.' : 'Send a token: Authorization: Bearer <token>.',
      );
    if (role && caller.role !== role) throw ProblemError.of(403, 'Forbidden', `Only for the role ${role}.`);
    return true;
  }

  async #callerOf(request: RequestWithCaller, handler: object): Promise<Caller | null> {
    if (Reflect.getMetadata(VOID_TOO, handler) !== true) return this.tokens.callerOf(request);
    return (request.caller = await this.tokens.holderOf(request));
  }
}
