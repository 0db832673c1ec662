import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { EventStream } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import type { RequestWithCaller } from './auth.js';
import { Revocations } from './revocations.js';

/**
 * Streams per user: three devices with six connections each (a browser's limit per host over HTTP/1.1), and two broken
 * ones not yet detected.
 */
const PER_USER = 20;

interface OpenStream {
  stream: EventStream;
  caller: RequestWithCaller['caller'];
}

/** All streams that this gateway has open, or is about to open. */
@Injectable()
export class Streams implements OnModuleDestroy {
  readonly #byUser = new Map<string, Set<OpenStream>>();
  #count = 0;
  #draining = false;

  constructor(
    private readonly revocations: Revocations,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {
    revocations.onRevoked((userId) => this.#endVoid(userId));
  }

  /**
   * Reserves a place for a stream; released when the response's connection is done with it.
   * @throws ProblemError 503 the gateway's limit is reached, 429 the user's limit is reached
   */
  admit(userId: string, reply: FastifyReply): EventStream {
    const mine = this.#byUser.get(userId) ?? new Set();
    if (this.#draining || this.#count >= this.config.STREAM_LIMIT)
      throw ProblemError.of(503, 'Service Unavailable', 'No more streams can be opened here.');
    if (mine.size >= PER_USER)
      throw ProblemError.of(429, 'Too Many Requests', `At most ${PER_USER} streams may be open at a time.`, {
        retryAfter: 5,
      });
    const stream = new EventStream(reply, this.config);
    const open = { stream, caller: (reply.request as RequestWithCaller).caller };
    this.#byUser.set(userId, mine.add(open));
    this.#count += 1;
    void stream.closed.then(() => this.#remove(userId, open));
    return stream;
  }

  /** Ends all streams before the server closes, because it waits for them. */
  onModuleDestroy(): void {
    this.#draining = true;
    for (const streams of this.#byUser.values()) for (const { stream } of streams) stream.drain();
  }

  /** Ends the streams that were opened with a token that is now void. */
  #endVoid(userId: string): void {
    for (const { stream, caller } of this.#byUser.get(userId) ?? []) {
      if (caller && this.revocations.voids(caller)) stream.drain();
    }
  }

  #remove(userId: string, open: OpenStream): void {
    const mine = this.#byUser.get(userId);
    this.#count -= 1;
    mine?.delete(open);
    if (mine?.size === 0) this.#byUser.delete(userId);
  }
}
