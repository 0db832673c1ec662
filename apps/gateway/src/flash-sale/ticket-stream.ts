import { Logger } from '@nestjs/common';
import type { ClaimResult } from '@sluice/contracts';
import { eventIdNotOfThisStream, Refresher, type EventStream, type StreamEvent } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import type { QueuePosition } from './queue-position.js';

/** Shortest interval between two position events. Milliseconds. */
const POSITION_EVERY_MS = 500;

export interface TicketSource {
  /** Result of the claim; undefined when flash-sale does not reply. */
  read(): Promise<ClaimResult | undefined>;
  position(): Promise<QueuePosition>;
}

/** Sends one ticket's events to its owner: the position as it changes, then the result. */
export class TicketStream {
  readonly #logger = new Logger('ticket stream');
  readonly #refresher: Refresher;
  #lastSent = '';
  /** Earliest time of the next position event; Infinity before the first. */
  #nextAt = Infinity;
  #positionTimer: NodeJS.Timeout | undefined;
  #over = false;
  #outcome: ClaimResult | undefined;

  /** @param lastEventId the id of the last event that the caller has received; 0 for none */
  constructor(
    private readonly wire: EventStream,
    private readonly lastEventId: number,
    private readonly source: TicketSource,
  ) {
    this.#refresher = new Refresher(() => this.#refresh());
    void wire.closed.then(() => this.#stop());
  }

  /**
   * Opens the stream with the first result, or without one: the ticket proves that the claim is in the queue.
   * @throws ProblemError 400 the ticket never had the event with `lastEventId`
   */
  async open(first: ClaimResult | undefined): Promise<void> {
    const outcome = this.#outcome ?? first;
    if (this.lastEventId > (outcome ? idOf(outcome) : LAST_ID)) throw eventIdNotOfThisStream;
    const result = outcome ?? WAITING;
    if (isFinal(result) && idOf(result) === this.lastEventId) return this.wire.endEmpty();
    this.wire.open();
    await (isFinal(result) ? this.#sendResult(result) : this.#sendPosition());
    this.#refresher.start();
  }

  /** Reads the claim: it may be decided. */
  refresh(): void {
    this.#refresher.trigger();
  }

  /** Sends the result that flash-sale has published. */
  decided(outcome: ClaimResult): void {
    this.#outcome = outcome;
    if (this.#isOpen) void this.#sendResult(outcome);
    else this.refresh();
  }

  /** Schedules a position event: the queue may have moved. */
  moved(): void {
    if (!this.#isOpen || this.#over || this.wire.ended) return;
    this.#positionTimer ??= setTimeout(() => void this.#sendPosition(), Math.max(0, this.#nextAt - performance.now()));
  }

  get #isOpen(): boolean {
    return this.#nextAt < Infinity;
  }

  async #refresh(): Promise<void> {
    if (this.wire.ended || this.#over) return;
    const result = this.#outcome ?? (await this.source.read().catch((error: unknown) => this.#readFailed(error)));
    if (!result) return;
    if (isFinal(result)) await this.#sendResult(result);
    else this.moved();
  }

  async #sendResult(result: ClaimResult): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.wire.send({ id: idOf(result), event: result.status, data: result });
    this.wire.end();
  }

  /** Sends the position if it has changed. */
  async #sendPosition(): Promise<void> {
    const position = await this.source.position();
    const text = JSON.stringify(position);
    if (text !== this.#lastSent && !this.#over) await this.wire.send(waiting(position));
    this.#lastSent = text;
    this.#positionTimer = undefined;
    this.#nextAt = performance.now() + POSITION_EVERY_MS;
  }

  #readFailed(error: unknown): undefined {
    if (!(error instanceof ProblemError)) this.#logger.warn(error);
  }

  #stop(): void {
    this.#refresher.stop();
    clearTimeout(this.#positionTimer);
  }
}

const WAITING: ClaimResult = { status: 'waiting' };

/** No event id: a reconnecting client cannot have missed a position. */
const waiting = (position: QueuePosition): StreamEvent => ({ event: 'waiting', data: { ...WAITING, ...position } });

const isFinal = ({ status }: ClaimResult): boolean => status !== 'waiting';
const LAST_ID = 2;
/** A win may still expire, as a second event. A waiting claim has no event that can be missed. */
const idOf = ({ status }: ClaimResult): number => (status === 'waiting' ? 0 : status === 'expired' ? LAST_ID : 1);
