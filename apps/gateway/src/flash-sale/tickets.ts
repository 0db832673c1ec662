import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';

/** `<round>.<signature>`: reveals nothing but the round. */
export const Ticket = z.string().regex(/^[1-9]\d{0,8}\.[\w-]{43}$/, 'no ticket looks like this');

/** A user's claim in one round of a sale. */
export interface Claimed {
  saleId: string;
  userId: string;
  round: number;
}

/**
 * Issues and verifies tickets without storing them: two claims in one round get the same ticket on every gateway, and
 * its signature (HMAC-SHA256) proves that a gateway issued it.
 */
@Injectable()
export class Tickets {
  readonly #key;

  /** Derives a separate key (HKDF, RFC 5869): a ticket's signature is invalid wherever else the secret is used. */
  constructor(@Inject(CONFIG) { IDEMPOTENCY_SECRET }: Pick<GatewayConfig, 'IDEMPOTENCY_SECRET'>) {
    this.#key = createSecretKey(Buffer.from(hkdfSync('sha256', IDEMPOTENCY_SECRET, '', 'flash-sale ticket', 32)));
  }

  issue({ saleId, userId, round }: Claimed): string {
    return `${round}.${createHmac('sha256', this.#key).update(`${saleId}\n${userId}\n${round}`).digest('base64url')}`;
  }

  /** @returns the claim of the ticket. @throws ProblemError 404 not a ticket of this user in this sale */
  verify(ticket: string, saleId: string, userId: string): Claimed {
    const claimed = { saleId, userId, round: Number.parseInt(ticket, 10) };
    const [genuine, given] = [Buffer.from(this.issue(claimed)), Buffer.from(ticket)];
    if (genuine.length === given.length && timingSafeEqual(genuine, given)) return claimed;
    throw ProblemError.of(404, 'Not found', 'There is no such ticket of yours.');
  }
}
