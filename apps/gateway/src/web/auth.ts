import { createParamDecorator, Inject, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Id, Role } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyRequest } from 'fastify';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Who is asking. */
export interface Caller {
  id: string;
  role: Role;
}
/** An admin sees what is anyone's, a customer their own. */
export const seenBy = (me: Caller): { userId: string; anyUser: boolean } => ({ userId: me.id, anyUser: me.role === 'admin' });

type SignedIn = FastifyRequest & { caller?: Caller };

const PUBLIC = 'public';
const ROLE = 'role';

/** Open to everyone; without this a route asks for a token. */
export const Public = () => SetMetadata(PUBLIC, true);
/** Only for callers of this role. */
export const Roles = (role: Role) => SetMetadata(ROLE, role);

/** What a route asks of its caller. */
export const accessOf = (handler: object): { isPublic: boolean; role?: Role } => ({
  isPublic: Reflect.getMetadata(PUBLIC, handler) === true,
  role: Reflect.getMetadata(ROLE, handler) as Role | undefined,
});

/** The caller, in a handler that asks for a token. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<SignedIn>();
  if (!caller) throw new Error('a public route has no caller');
  return caller;
});

const Claims = z.object({ sub: Id, role: Role, exp: z.number() });

/** Checks the token that accounts signed (EdDSA), without asking accounts. */
@Injectable()
export class AuthGuard implements CanActivate {
  readonly #verified = new VerifiedTokens();

  constructor(@Inject(CONFIG) private readonly config: GatewayConfig) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { isPublic, role } = accessOf(context.getHandler());
    if (isPublic) return true;
    const request = context.switchToHttp().getRequest<SignedIn>();
    request.caller = await this.callerOf(request.headers.authorization);
    if (role && request.caller.role !== role) throw ProblemError.of(403, 'Forbidden', `Only for the role ${role}.`);
    return true;
  }

  private async callerOf(header: string | undefined): Promise<Caller> {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? '')?.[1];
    if (!token) throw ProblemError.of(401, 'Unauthorized', 'Send a token: Authorization: Bearer <token>.');
    return this.#verified.callerOf(token) ?? this.#verify(token);
  }

  async #verify(token: string): Promise<Caller> {
    try {
      const { payload } = await jwtVerify(token, this.config.TOKEN_PUBLIC_KEY, { algorithms: ['EdDSA'], requiredClaims: ['exp'] });
      const { sub, role, exp } = Claims.parse(payload);
      const caller = { id: sub, role };
      this.#verified.remember(token, caller, exp);
      return caller;
    } catch {
      throw ProblemError.of(401, 'Unauthorized', 'The token is not valid or has expired.');
    }
  }
}
