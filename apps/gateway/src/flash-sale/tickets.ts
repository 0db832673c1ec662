import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';

/** `<round>.<signature>`, and nothing else than what is in it can be told from it. */
export const Ticket = z.string().regex(/^[1-9]\d{0,8}\.[\w-]{43}$/, 'no ticket looks like this');

/** Whose claim in which round of which sale. */
export interface Claimed {
  saleId: string;
  userId: string;
  round: number;
}

/**
 * Tickets are kept nowhere: who claims twice in a round gets the same one, on any gateway, and a signature (HMAC-SHA256) proves
 * that a gateway has given it out.
 */
@Injectable()
export class Tickets {
  readonly #key;

  /** A key of its own (HKDF, RFC 5869): what is signed here means nothing where the secret is used for something else. */
  constructor(@Inject(CONFIG) { IDEMPOTENCY_SECRET }: Pick<GatewayConfig, 'IDEMPOTENCY_SECRET'>) {
    this.#key = createSecretKey(Buffer.from(hkdfSync('sha256', IDEMPOTENCY_SECRET, '', 'flash-sale ticket', 32)));
  }

  issue({ saleId, userId, round }: Claimed): string {
    return `${round}.${createHmac('sha256', this.#key).update(`${saleId}\n${userId}\n${round}`).digest('base64url')}`;
  }

  /** @returns the claim that the ticket is for. @throws ProblemError 404 it is none of this user's in this sale */
  verify(ticket: string, saleId: string, userId: string): Claimed {
    const claimed = { saleId, userId, round: Number.parseInt(ticket, 10) };
    const [genuine, given] = [Buffer.from(this.issue(claimed)), Buffer.from(ticket)];
    if (genuine.length === given.length && timingSafeEqual(genuine, given)) return claimed;
    throw ProblemError.of(404, 'Not found', 'There is no such ticket of yours.');
  }
}
