import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { Revocations } from '../web/revocations.js';
import type { Asked } from '../web/tokens.js';
import { EventStream } from './event-stream.js';

/** Three devices with as many connections each as a browser opens to one host over HTTP/1.1 (six), and two cut ones that are not missed yet. */
const PER_USER = 20;

interface OpenStream {
  stream: EventStream;
  caller: Asked['caller'];
}

/** Every stream that this gateway keeps open, or is about to open. */
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
   * A stream that may be opened; its place is free again as soon as the answer's connection is done with it.
   * @throws ProblemError 503 this gateway has no place, 429 this user has none
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
    const open = { stream, caller: (reply.request as Asked).caller };
    this.#byUser.set(userId, mine.add(open));
    this.#count += 1;
    void stream.closed.then(() => this.#remove(userId, open));
    return stream;
  }

  /** Before the server closes, which waits for them. */
  onModuleDestroy(): void {
    this.#draining = true;
    for (const streams of this.#byUser.values()) for (const { stream } of streams) stream.drain();
  }

  /** Whoever was let in with a token that is void is let go. */
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
