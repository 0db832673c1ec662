import { Logger } from '@nestjs/common';
import { Notification, type GetInboxEntries, type Reply } from '@sluice/contracts';
import { eventIdNotOfThisStream, Refresher, type EventStream } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';

export type InboxEntries = Reply<typeof GetInboxEntries>;

/** Entries of one read; a full read is followed by the next. */
export const ENTRIES_AT_ONCE = 100;
/** Entries that a caller receives first who names none. */
export const NEWEST_ENTRIES = 20;

/**
 * Delays after a fact at which its entry is looked for: notifications records it when it handles the fact, some
 * milliseconds after this gateway has heard of it, or some seconds under load. Milliseconds.
 */
const LOOKS_MS = [50, 250, 1_000, 4_000];

/**
 * Reads the entries after a number, or the newest ones; undefined when notifications does not reply.
 * @throws ProblemError notifications refuses the read
 */
export type ReadEntries = (after: number | undefined) => Promise<InboxEntries | undefined>;

/** Sends the entries of one inbox to its person: in order, without gaps or repeats. */
export class InboxStream {
  readonly #logger = new Logger('inbox stream');
  readonly #refresher: Refresher;
  /** Entries whose facts have arrived here, and that were not found yet. */
  #expected = 0;
  #look: NodeJS.Timeout | undefined;
  /** Whether the inbox is confirmed to have had the entry that the caller named. */
  #checked = false;

  /** @param received number of the last entry that the caller has; undefined: none is known */
  constructor(
    private readonly wire: EventStream,
    private received: number | undefined,
    private readonly read: ReadEntries,
  ) {
    this.#refresher = new Refresher(() => this.#refresh());
    void wire.closed.then(() => this.#stop());
  }

  /**
   * Opens also when notifications did not reply: the entries follow when it does.
   * @throws ProblemError 400 the inbox never had the entry that the caller named
   */
  async open(first: InboxEntries | undefined): Promise<void> {
    if (first && this.#isForeign(first)) throw eventIdNotOfThisStream;
    this.wire.open();
    if (first) await this.#send(first);
    this.#refresher.start();
  }

  /** Number of the last entry that the client has; undefined until the inbox is known to have had it. */
  get last(): number | undefined {
    return this.#checked ? this.received : undefined;
  }

  /** Reads now: there may be an entry. */
  refresh(): void {
    this.#refresher.trigger();
  }

  /** Looks for an entry a few times: its fact has happened, and notifications records it soon. */
  expectEntry(): void {
    this.#expected += 1;
    this.#lookLater(0);
  }

  #lookLater(tries: number): void {
    clearTimeout(this.#look);
    if (this.wire.ended) return;
    if (tries === LOOKS_MS.length) return void (this.#expected = 0);
    this.#look = setTimeout(() => {
      this.refresh();
      this.#lookLater(tries + 1);
    }, LOOKS_MS[tries]);
  }

  async #refresh(): Promise<void> {
    const entries = this.wire.ended
      ? undefined
      : await this.read(this.received).catch((error: unknown) => this.#readFailed(error));
    if (entries) await this.#send(entries);
  }

  async #send(entries: InboxEntries): Promise<void> {
    // The stream is open already: end it, so that the client reconnects and receives 400.
    if (this.#isForeign(entries)) return this.wire.end();
    this.#checked = true;
    this.received ??= 0;
    for (const { sequence, ...entry } of entries.items) {
      await this.wire.send({ id: sequence, event: 'notification', data: Notification.parse(entry) });
      this.received = sequence;
    }
    this.#expected = Math.max(0, this.#expected - entries.items.length);
    if (this.#expected === 0) clearTimeout(this.#look);
    if (entries.items.length >= ENTRIES_AT_ONCE) this.refresh();
  }

  #isForeign({ last }: InboxEntries): boolean {
    return !this.#checked && this.received !== undefined && this.received > last;
  }

  /** The next read may succeed. */
  #readFailed(error: unknown): undefined {
    if (!(error instanceof ProblemError)) this.#logger.warn(error);
  }

  #stop(): void {
    this.#refresher.stop();
    clearTimeout(this.#look);
  }
}
