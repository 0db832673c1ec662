import { Inject, Injectable } from '@nestjs/common';
import { GetInboxEntries, IN_INBOX, type Message } from '@sluice/contracts';
import { ConcurrencyLimit, Live } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { PENDING, Rpc } from '../rpc.js';
import type { Caller } from '../web/auth.js';
import { Streams } from '../web/streams.js';
import { ENTRIES_AT_ONCE, InboxStream, NEWEST_ENTRIES, type InboxEntries } from './inbox-stream.js';

/** Concurrent reads of all streams, as many as notifications' prefetch. After a reconnect all streams read. */
const READS_AT_A_TIME = 100;

const PUTS_AN_ENTRY: ReadonlySet<string> = new Set(IN_INBOX.map(({ type }) => type));

/** Opens the streams of inboxes. */
@Injectable()
export class InboxStreams {
  readonly #reads = new ConcurrencyLimit(READS_AT_A_TIME);

  constructor(
    private readonly streams: Streams,
    private readonly live: Live,
    private readonly rpc: Rpc,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Resolves when the stream is open and its first events are sent.
   * @param lastEntry number of the last entry that the caller has received, 0 for none
   * @throws ProblemError 400 the inbox never had that entry, 429 or 503 too many open streams
   */
  async open(me: Caller, lastEntry: number, reply: FastifyReply): Promise<void> {
    const wire = this.streams.admit(me.id, reply);
    const received = lastEntry === 0 ? undefined : lastEntry;
    const stream = new InboxStream(
      wire,
      received,
      (after) => this.#reads.run(async () => (wire.ended ? undefined : this.#entries(me, after))),
      this.config,
    );
    // Subscribe before the first read: a later entry is announced, an earlier one is in the reply.
    const unsubscribe = [
      this.live.subscribe('userId', me.id, (fact) => hint(stream, fact)),
      this.live.subscribe('userIds', me.id, () => stream.refresh()),
    ];
    void wire.closed.then(() => unsubscribe.forEach((end) => end()));
    await stream.open(await this.#entries(me, received));
  }

  async #entries({ id: userId }: Caller, after: number | undefined): Promise<InboxEntries | undefined> {
    const from = after === undefined ? { limit: NEWEST_ENTRIES } : { after, limit: ENTRIES_AT_ONCE };
    try {
      const answer = await this.rpc.requestOrPending(GetInboxEntries, { userId, ...from });
      return answer === PENDING ? undefined : answer;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 503) return undefined;
      throw error;
    }
  }
}

/** @param fact undefined: facts may have been missed */
function hint(stream: InboxStream, fact: Message | undefined): void {
  if (fact === undefined) stream.refresh();
  else if (PUTS_AN_ENTRY.has(fact.type)) stream.expectEntry();
}
