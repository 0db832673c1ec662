import { Logger } from '@nestjs/common';
import { eventIdNotOfThisStream, Refresher, type EventStream } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { hasHadVersion, newEventsOf, readFrom, type OrderChanges } from './order-events.js';

export interface OrderStreamSettings {
  STREAM_PATIENCE_MS: number;
}

/**
 * Reads the order's changes after a version; undefined when orders does not reply.
 * @throws ProblemError 404 no such order (yet)
 */
export type ReadChanges = (after: number) => Promise<OrderChanges | undefined>;

/** Sends one order's changes to one caller, as orders reports them: in order, without gaps or repeats. */
export class OrderStream {
  readonly #logger = new Logger('order stream');
  readonly #refresher: Refresher;
  #patienceTimer: NodeJS.Timeout | undefined;
  /** Whether the order is confirmed to have had `sentVersion`. */
  #checked = false;

  /** @param sentVersion the version up to which the caller has the order */
  constructor(
    private readonly wire: EventStream,
    private sentVersion: number,
    private readonly read: ReadChanges,
    private readonly settings: OrderStreamSettings,
  ) {
    this.#refresher = new Refresher(() => this.#refresh());
    void wire.closed.then(() => this.#stop());
  }

  /**
   * Opens with the first reply, or without one: the order may still be queued, and its caller waits for the outcome.
   * Resolves when the client has received the first events.
   * @param first read from `readFrom` on
   * @throws ProblemError 400 the order never had the version that the caller named
   */
  async open(first: OrderChanges | undefined): Promise<void> {
    if (first && !hasHadVersion(first, this.sentVersion)) throw eventIdNotOfThisStream;
    if (first && hasEnded(first, this.sentVersion)) return this.wire.endEmpty();
    this.wire.open();
    if (first) await this.#send(first);
    else this.#wait();
    this.#refresher.start();
  }

  /** The version up to which the client is known to have the order; 0 until the order is known to have had it. */
  get version(): number {
    return this.#checked ? this.sentVersion : 0;
  }

  /** Reads the order: it may have changed. */
  refresh(): void {
    this.#refresher.trigger();
  }

  #wait(): void {
    if (!this.wire.ended) this.#patienceTimer = setTimeout(() => this.wire.end(), this.settings.STREAM_PATIENCE_MS);
  }

  async #refresh(): Promise<void> {
    const changes = this.wire.ended
      ? undefined
      : await this.read(this.#checked ? this.sentVersion : readFrom(this.sentVersion)).catch((error: unknown) =>
          this.#readFailed(error),
        );
    if (changes) await this.#send(changes);
  }

  async #send(changes: OrderChanges): Promise<void> {
    clearTimeout(this.#patienceTimer);
    // The stream is open already: end it, so that the client reconnects and receives 400.
    if (!this.#checked && !hasHadVersion(changes, this.sentVersion)) return this.wire.end();
    this.#checked = true;
    const { events, over } = newEventsOf(changes, this.sentVersion);
    for (const event of events) {
      await this.wire.send(event);
      this.sentVersion = event.id;
    }
    if (over) this.wire.end();
  }

  /** No such order: not placed yet. Any other error may be gone at the next read. */
  #readFailed(error: unknown): undefined {
    if (!(error instanceof ProblemError)) this.#logger.warn(error);
  }

  #stop(): void {
    this.#refresher.stop();
    clearTimeout(this.#patienceTimer);
  }
}

function hasEnded(changes: OrderChanges, sentVersion: number): boolean {
  const { events, over } = newEventsOf(changes, sentVersion);
  return over && events.length === 0;
}
