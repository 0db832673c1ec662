import { Logger } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import { CatchUp } from './catch-up.js';
import type { EventStream } from './event-stream.js';
import { newsOf, type OrderChanges } from './order-events.js';

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

  /** @param told the version up to which the caller knows the order */
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
   */
  async open(first: OrderChanges | undefined): Promise<void> {
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
    const changes = this.wire.ended ? undefined : await this.read(this.told).catch((error: unknown) => this.#notNow(error));
    if (changes) await this.#tell(changes);
  }

  async #tell(changes: OrderChanges): Promise<void> {
    clearTimeout(this.#patience);
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
