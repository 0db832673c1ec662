import { Inject, Injectable } from '@nestjs/common';
import { Id, Role } from '@sluice/contracts';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyRequest } from 'fastify';
import { jwtVerify, type JWTHeaderParameters } from 'jose';
import { createHash, type KeyObject } from 'node:crypto';
import { stringify } from 'uuid';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import type { Caller, RequestWithCaller } from './auth.js';
import { Revocations } from './revocations.js';
import { VerifiedTokens } from './verified-tokens.js';

const Epoch = z.int().min(0).default(0);
const Claims = z.object({
  sub: Id,
  role: Role,
  exp: z.number(),
  jti: Id.optional(),
  epoch: Epoch,
  verified: z.boolean().optional(),
});

/**
 * Verifies the tokens that accounts signed (EdDSA) without a request to accounts, and checks whether they were revoked.
 */
@Injectable()
export class Tokens {
  readonly #verified = new VerifiedTokens();

  constructor(
    private readonly revocations: Revocations,
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'TOKEN_PUBLIC_KEY'>,
  ) {}

  /** Verifies the token once per request. */
  async callerOf(request: RequestWithCaller): Promise<Caller | null> {
    if (request.caller !== undefined) return request.caller;
    const caller = await this.holderOf(request);
    return (request.caller = caller && !this.revocations.voids(caller) ? caller : null);
  }

  /** As `callerOf`, but also for a revoked token. */
  async holderOf(request: RequestWithCaller): Promise<Caller | null> {
    const token = tokenOf(request);
    return token === undefined ? null : (this.#verified.callerOf(token) ?? (await this.#verify(token)));
  }

  async #verify(token: string): Promise<Caller | null> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyFor(header), {
        algorithms: ['EdDSA'],
        requiredClaims: ['exp'],
      });
      const { sub, role, exp, jti, epoch, verified } = Claims.parse(payload);
      const caller = {
        id: sub,
        role,
        tokenId: jti ?? idOf(token),
        epoch,
        expiresAt: exp,
        ...(verified && { verified }),
      };
      this.#verified.remember(token, caller, exp);
      return caller;
    } catch {
      return null;
    }
  }

  /** A token without a key id was signed before key ids were added, or by a test: use the first key. */
  #keyFor({ kid }: JWTHeaderParameters): KeyObject {
    const keys = this.config.TOKEN_PUBLIC_KEY;
    const key = kid === undefined ? keys.values().next().value : keys.get(kid);
    if (!key) throw new Error('unknown key id');
    return key;
  }
}

/**
 * Id of a token without a `jti`: a UUIDv8 over its signed part. Not over the signature, which has several spellings in
 * base64url.
 */
function idOf(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'));
  const bytes = createHash('sha256').update(signed).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return stringify(bytes);
}

/** The token of `Authorization: Bearer <token>`, if well-formed. */
export const tokenOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined =>
  /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.authorization ?? '')?.[1];
