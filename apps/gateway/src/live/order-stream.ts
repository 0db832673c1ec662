import { Logger } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import { Refresher } from './refresher.js';
import type { EventStream } from './event-stream.js';
import { eventIdNotOfThisStream } from '../web/last-event-id.js';
import { hasHadVersion, newEventsOf, readFrom, type OrderChanges } from './order-events.js';

export interface OrderStreamSettings {
  STREAM_REFRESH_MS: number;
  STREAM_PATIENCE_MS: number;
}

/** What has happened to the order after a version; undefined when nobody could say. @throws ProblemError 404 there is no such order (yet) */
export type ReadChanges = (after: number) => Promise<OrderChanges | undefined>;

/** One order, told to one caller: what its owner says, in order, without gaps or repeats. */
export class OrderStream {
  readonly #logger = new Logger('order stream');
  readonly #refresher: Refresher;
  #patienceTimer: NodeJS.Timeout | undefined;
  /** The caller's word for `told` was found to be true, or is not needed any more. */
  #checked = false;

  /** @param sentVersion the version up to which the caller says that they know the order */
  constructor(
    private readonly wire: EventStream,
    private sentVersion: number,
    private readonly read: ReadChanges,
    private readonly settings: OrderStreamSettings,
  ) {
    this.#refresher = new Refresher(() => this.#refresh(), settings.STREAM_REFRESH_MS);
    void wire.closed.then(() => this.#stop());
  }

  /**
   * Opens with the first answer. Without one too: the order may rest on the broker, and its caller wants to know the outcome.
   * Resolves when the client has it.
   * @param first read from `readFrom` on
   * @throws ProblemError 400 the order has never had the version that the caller says they know
   */
  async open(first: OrderChanges | undefined): Promise<void> {
    if (first && !hasHadVersion(first, this.sentVersion)) throw eventIdNotOfThisStream;
    if (first && hasEnded(first, this.sentVersion)) return this.wire.endEmpty();
    this.wire.open();
    if (first) await this.#send(first);
    else this.#wait();
    this.#refresher.start();
  }

  /** Something may have happened to the order. */
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
    // It is open already: a client whose stream ends comes back, and is answered with 400.
    if (!this.#checked && !hasHadVersion(changes, this.sentVersion)) return this.wire.end();
    this.#checked = true;
    const { events, over } = newEventsOf(changes, this.sentVersion);
    for (const event of events) {
      await this.wire.send(event);
      this.sentVersion = event.id;
    }
    if (over) this.wire.end();
  }

  /** No such order: it is not placed yet. Anything else may be better next time. */
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
