import { createParamDecorator, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Role } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { Revocations } from './revocations.js';
import { tokenOf, Tokens, type Asked, type Caller } from './tokens.js';

export type { Caller } from './tokens.js';

/** An admin sees what is anyone's, a customer their own. */
export const seenBy = (me: Caller): { userId: string; anyUser: boolean } => ({
  userId: me.id,
  anyUser: me.role === 'admin',
});

const PUBLIC = 'public';
const ROLE = 'role';
const VOID_TOO = 'void-too';

/** Open to everyone; without this a route asks for a token. */
export const Public = () => SetMetadata(PUBLIC, true);
/** Only for callers of this role. */
export const Roles = (role: Role) => SetMetadata(ROLE, role);

/** Also with a token that was taken back: taking it back again is no mistake. */
export const WithVoidToken = () => SetMetadata(VOID_TOO, true);

/** What a route asks of its caller. */
export const accessOf = (handler: object): { isPublic: boolean; role?: Role } => ({
  isPublic: Reflect.getMetadata(PUBLIC, handler) === true,
  role: Reflect.getMetadata(ROLE, handler) as Role | undefined,
});

/** The caller, in a handler that asks for a token. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<Asked>();
  if (!caller) throw new Error('a public route has no caller');
  return caller;
});

/** Asks for a token, except where a route is open to everyone. */
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
    const request = context.switchToHttp().getRequest<Asked>();
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

  async #callerOf(request: Asked, handler: object): Promise<Caller | null> {
    if (Reflect.getMetadata(VOID_TOO, handler) !== true) return this.tokens.callerOf(request);
    return (request.caller = await this.tokens.holderOf(request));
  }
}
