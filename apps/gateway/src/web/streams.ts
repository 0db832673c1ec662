import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { clientAddress, EventStream } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import type { RequestWithCaller } from './auth.js';
import { Revocations } from './revocations.js';
import { Tokens } from './tokens.js';

/**
 * Streams per user: three devices with six connections each (a browser's limit per host over HTTP/1.1), and two broken
 * ones not yet detected.
 */
const PER_USER = 20;
/** Streams of one address without a token, which many people may share. */
const PER_ADDRESS = 200;
/** Part of a gateway's streams that may be open without a token: the others are for those who are signed in. */
const ANONYMOUS_SHARE = 0.5;

interface OpenStream {
  stream: EventStream;
  caller: RequestWithCaller['caller'];
}

const full = ProblemError.of(503, 'Service Unavailable', 'No more streams can be opened here.');

/** All streams that this gateway has open, or is about to open. */
@Injectable()
export class Streams implements OnModuleDestroy {
  /** By the user's id, or by the address of somebody without a token. */
  readonly #byOwner = new Map<string, Set<OpenStream>>();
  #count = 0;
  #anonymous = 0;
  #draining = false;

  constructor(
    private readonly revocations: Revocations,
    private readonly tokens: Tokens,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {
    revocations.onRevoked((userId) => this.#endVoid(userId));
  }

  /**
   * Reserves a place for a stream; released when the response's connection is done with it.
   * @throws ProblemError 503 the gateway's limit is reached, 429 the user's limit is reached
   */
  admit(userId: string, reply: FastifyReply): EventStream {
    return this.#reserve({ owner: userId, most: PER_USER }, reply);
  }

  /**
   * As `admit`, for a stream that needs no token: without one it counts for the caller's address.
   * @throws ProblemError 503, 429
   */
  async admitAnybody(reply: FastifyReply): Promise<EventStream> {
    const caller = await this.tokens.callerOf(reply.request);
    if (caller) return this.admit(caller.id, reply);
    if (this.#anonymous >= this.config.STREAM_LIMIT * ANONYMOUS_SHARE) throw full;
    const stream = this.#reserve({ owner: `address ${clientAddress(reply.request)}`, most: PER_ADDRESS }, reply);
    this.#anonymous += 1;
    void stream.closed.then(() => (this.#anonymous -= 1));
    return stream;
  }

  #reserve({ owner, most }: { owner: string; most: number }, reply: FastifyReply): EventStream {
    const mine = this.#byOwner.get(owner) ?? new Set();
    if (this.#draining || this.#count >= this.config.STREAM_LIMIT) throw full;
    if (mine.size >= most)
      throw ProblemError.of(429, 'Too Many Requests', `At most ${most} streams may be open at a time.`, {
        retryAfter: 5,
      });
    const stream = new EventStream(reply, this.config);
    const open = { stream, caller: (reply.request as RequestWithCaller).caller };
    this.#byOwner.set(owner, mine.add(open));
    this.#count += 1;
    void stream.closed.then(() => this.#remove(owner, open));
    return stream;
  }

  /** Ends all streams before the server closes, because it waits for them. */
  onModuleDestroy(): void {
    this.#draining = true;
    for (const streams of this.#byOwner.values()) for (const { stream } of streams) stream.drain();
  }

  /** Ends the streams that were opened with a token that is now void. */
  #endVoid(userId: string): void {
    for (const { stream, caller } of this.#byOwner.get(userId) ?? []) {
      if (caller && this.revocations.voids(caller)) stream.drain();
    }
  }

  #remove(owner: string, open: OpenStream): void {
    const mine = this.#byOwner.get(owner);
    this.#count -= 1;
    mine?.delete(open);
    if (mine?.size === 0) this.#byOwner.delete(owner);
  }
}
