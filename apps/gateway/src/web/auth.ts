import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Role } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';

/** The authenticated user and the token. */
export interface Caller {
  /** The user's id. */
  id: string;
  role: Role;
  tokenId: string;
  epoch: number;
  /** When the token ends: seconds since the epoch. */
  expiresAt: number;
  /** Whether the token contains that the phone is verified. A token without it may be older than the verification. */
  verified?: boolean;
}

/** A request with its checked caller: null without a valid token. */
export type RequestWithCaller = FastifyRequest & { caller?: Caller | null };

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
interface Access {
  isPublic: boolean;
  role: Role | undefined;
  voidTokenToo: boolean;
}
export const accessOf = (handler: object): Access => ({
  isPublic: Reflect.getMetadata(PUBLIC, handler) === true,
  role: Reflect.getMetadata(ROLE, handler) as Role | undefined,
  voidTokenToo: Reflect.getMetadata(VOID_TOO, handler) === true,
});

/** The caller, in a handler that requires a token. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
  if (!caller) throw new Error('a public route has no caller');
  return caller;
});
