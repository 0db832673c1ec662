import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { FindFilledInboxes, GetInboxEntries, IN_INBOX } from '@sluice/contracts';
import { Live } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { PENDING, Rpc } from '../rpc.js';
import type { Caller } from '../web/auth.js';
import { GapCheck } from '../web/gap-check.js';
import { SharedReads } from '../web/shared-reads.js';
import { Streams } from '../web/streams.js';
import { ENTRIES_AT_ONCE, InboxStream, NEWEST_ENTRIES, type InboxEntries } from './inbox-stream.js';

/** Concurrent reads of all streams, as many as notifications' prefetch. After a reconnect all streams read. */
const READS_AT_A_TIME = 100;

const PUTS_AN_ENTRY: ReadonlySet<string> = new Set(IN_INBOX.map(({ type }) => type));

interface OpenInbox {
  userId: string;
  stream: InboxStream;
}

/** Opens the streams of inboxes. */
@Injectable()
export class InboxStreams implements OnModuleDestroy {
  readonly #reads = new SharedReads<InboxEntries | undefined>(READS_AT_A_TIME);
  readonly #gaps: GapCheck<OpenInbox>;

  constructor(
    private readonly streams: Streams,
    private readonly live: Live,
    private readonly rpc: Rpc,
    @Inject(CONFIG) config: GatewayConfig,
  ) {
    this.#gaps = new GapCheck((open) => this.#refreshFilled(open), config.INBOX_REFRESH_MS);
    live.onMissed(() => this.#gaps.trigger());
  }

  /**
   * Resolves when the stream is open and its first events are sent.
   * @param lastEntry number of the last entry that the caller has received, 0 for none
   * @throws ProblemError 400 the inbox never had that entry, 429 or 503 too many open streams
   */
  async open(me: Caller, lastEntry: number, reply: FastifyReply): Promise<void> {
    const wire = this.streams.admit(me.id, reply);
    const received = lastEntry === 0 ? undefined : lastEntry;
    const stream = new InboxStream(wire, received, (after) =>
      this.#reads.read(`${me.id} ${after}`, () => this.#entries(me, after)),
    );
    // Subscribe before the first read: a later entry is announced, an earlier one is in the reply.
    const unsubscribe = [
      this.live.subscribe('userId', me.id, (fact) => fact && PUTS_AN_ENTRY.has(fact.type) && stream.expectEntry()),
      this.live.subscribe('userIds', me.id, (fact) => fact && stream.refresh()),
    ];
    void wire.closed.then(() => unsubscribe.forEach((end) => end()));
    this.#gaps.add({ userId: me.id, stream }, wire.closed);
    await stream.open(await this.#entries(me, received));
  }

  onModuleDestroy(): void {
    this.#gaps.stop();
  }

  /** @throws ProblemError 503 notifications does not reply */
  async #refreshFilled(open: readonly OpenInbox[]): Promise<void> {
    const inboxes = open.flatMap(({ userId, stream: { last } }) =>
      last === undefined ? [] : [{ userId, after: last }],
    );
    const { filled } = await this.rpc.request(FindFilledInboxes, { inboxes });
    const lastOf = new Map(filled.map(({ userId, last }) => [userId, last]));
    for (const { userId, stream } of open)
      if (stream.last === undefined || (lastOf.get(userId) ?? 0) > stream.last) stream.refresh();
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
