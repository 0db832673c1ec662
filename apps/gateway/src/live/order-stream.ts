import { Logger } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import { CatchUp } from './catch-up.js';
import type { EventStream } from './event-stream.js';
import { notOfThisStream } from '../web/last-event-id.js';
import { isPosition, newsOf, readFrom, type OrderChanges } from './order-events.js';

export interface OrderStreamSettings {
  STREAM_REFRESH_MS: number;
  STREAM_PATIENCE_MS: number;
}

/** What has happened to the order after a version; undefined when nobody could say. @throws ProblemError 404 there is no such order (yet) */
export type ReadChanges = (after: number) => Promise<OrderChanges | undefined>;

/** One order, told to one caller: what its owner says, in order, without gaps or repeats. */
export class OrderStream {
  readonly #logger = new Logger('order stream');
  readonly #catchUp: CatchUp;
  #patience: NodeJS.Timeout | undefined;
  /** The caller's word for `told` was found to be true, or is not needed any more. */
  #checked = false;

  /** @param told the version up to which the caller says that they know the order */
  constructor(
    private readonly wire: EventStream,
    private told: number,
    private readonly read: ReadChanges,
    private readonly settings: OrderStreamSettings,
  ) {
    this.#catchUp = new CatchUp(() => this.#goOn(), settings.STREAM_REFRESH_MS);
    void wire.closed.then(() => this.#stop());
  }

  /**
   * Opens with the first answer. Without one too: the order may rest on the broker, and its caller wants to know the outcome.
   * Resolves when the client has it.
   * @param first read from `readFrom` on
   * @throws ProblemError 400 the order has never had the version that the caller says they know
   */
  async open(first: OrderChanges | undefined): Promise<void> {
    if (first && !isPosition(first, this.told)) throw notOfThisStream;
    if (first && hasEnded(first, this.told)) return this.wire.nothingLeft();
    this.wire.open();
    if (first) await this.#tell(first);
    else this.#wait();
    this.#catchUp.begin();
  }

  /** Something may have happened to the order. */
  hint(): void {
    this.#catchUp.hint();
  }

  #wait(): void {
    if (!this.wire.ended) this.#patience = setTimeout(() => this.wire.end(), this.settings.STREAM_PATIENCE_MS);
  }

  async #goOn(): Promise<void> {
    const changes = this.wire.ended
      ? undefined
      : await this.read(this.#checked ? this.told : readFrom(this.told)).catch((error: unknown) => this.#notNow(error));
    if (changes) await this.#tell(changes);
  }

  async #tell(changes: OrderChanges): Promise<void> {
    clearTimeout(this.#patience);
    // It is open already: a client whose stream ends comes back, and is answered with 400.
    if (!this.#checked && !isPosition(changes, this.told)) return this.wire.end();
    this.#checked = true;
    const { events, over } = newsOf(changes, this.told);
    for (const event of events) {
      await this.wire.send(event);
      this.told = event.id;
    }
    if (over) this.wire.end();
  }

  /** No such order: it is not placed yet. Anything else may be better next time. */
  #notNow(error: unknown): undefined {
    if (!(error instanceof ProblemError)) this.#logger.warn(error);
  }

  #stop(): void {
    this.#catchUp.stop();
    clearTimeout(this.#patience);
  }
}

function hasEnded(changes: OrderChanges, told: number): boolean {
  const { events, over } = newsOf(changes, told);
  return over && events.length === 0;
}
