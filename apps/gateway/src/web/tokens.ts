import { Inject, Injectable } from '@nestjs/common';
import { Id, Role } from '@sluice/contracts';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyRequest } from 'fastify';
import { jwtVerify, type JWTHeaderParameters } from 'jose';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Who is asking. */
export interface Caller {
  id: string;
  role: Role;
  /** The token says that the phone is verified. One that does not may be older than that. */
  verified?: boolean;
}

/** A request of which it is known who asks: null is nobody, or nobody who could prove it. */
export type Asked = FastifyRequest & { caller?: Caller | null };

const Claims = z.object({ sub: Id, role: Role, exp: z.number(), verified: z.boolean().optional() });

/** Checks the tokens that accounts signed (EdDSA), without asking accounts. */
@Injectable()
export class Tokens {
  readonly #verified = new VerifiedTokens();

  constructor(@Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'TOKEN_PUBLIC_KEY'>) {}

  /** Looked at once, however often it is asked. */
  async callerOf(request: Asked): Promise<Caller | null> {
    if (request.caller !== undefined) return request.caller;
    const token = tokenOf(request);
    return (request.caller = token === undefined ? null : (this.#verified.callerOf(token) ?? (await this.#verify(token))));
  }

  async #verify(token: string): Promise<Caller | null> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyFor(header), { algorithms: ['EdDSA'], requiredClaims: ['exp'] });
      const { sub, role, exp, verified } = Claims.parse(payload);
      const caller = { id: sub, role, ...(verified && { verified }) };
      this.#verified.remember(token, caller, exp);
      return caller;
    } catch {
      return null;
    }
  }

  /** A token that names no key was signed before tokens did, or by a test: the first key is meant. */
  #keyFor({ kid }: JWTHeaderParameters): KeyObject {
    const keys = this.config.TOKEN_PUBLIC_KEY;
    const key = kid === undefined ? keys.values().next().value : keys.get(kid);
    if (!key) throw new Error('the token names a key that is not known');
    return key;
  }
}

/** The token of `Authorization: Bearer <token>` if it has the form of one. */
export const tokenOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined => /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.authorization ?? '')?.[1];
