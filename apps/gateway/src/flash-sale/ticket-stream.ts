import { Logger } from '@nestjs/common';
import type { ClaimResult } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { Refresher } from '../live/refresher.js';
import type { EventStream, StreamEvent } from '../live/event-stream.js';
import { eventIdNotOfThisStream } from '../web/last-event-id.js';
import type { QueuePosition } from './queue-position.js';

/** How often somebody who waits is told where they stand, at most. Milliseconds. */
const POSITION_EVERY_MS = 500;

export interface TicketSource {
  /** What became of the ticket; undefined when nobody could say. */
  read(): Promise<ClaimResult | undefined>;
  position(): Promise<QueuePosition>;
}

/** One ticket, told to its owner: the place in line as it moves, and then how it ended. */
export class TicketStream {
  readonly #logger = new Logger('ticket stream');
  readonly #refresher: Refresher;
  #lastSent = '';
  /** When it may be told next; never before it has been told first. */
  #nextAt = Infinity;
  #positionTimer: NodeJS.Timeout | undefined;
  #over = false;
  #outcome: ClaimResult | undefined;

  /** @param lastEventId the id of the last event that the caller has; 0 for none */
  constructor(
    private readonly wire: EventStream,
    private readonly lastEventId: number,
    private readonly source: TicketSource,
    { STREAM_REFRESH_MS }: { STREAM_REFRESH_MS: number },
  ) {
    this.#refresher = new Refresher(() => this.#refresh(), STREAM_REFRESH_MS);
    void wire.closed.then(() => this.#stop());
  }

  /**
   * Opens with the first answer, and without one too: the ticket proves that the claim is in line.
   * @throws ProblemError 400 the ticket has not had the event that the caller says they have
   */
  async open(first: ClaimResult | undefined): Promise<void> {
    const answer = this.#outcome ?? first;
    if (this.lastEventId > (answer ? idOf(answer) : LAST_ID)) throw eventIdNotOfThisStream;
    const known = answer ?? WAITING;
    if (isFinal(known) && idOf(known) === this.lastEventId) return this.wire.endEmpty();
    this.wire.open();
    await (isFinal(known) ? this.#sendResult(known) : this.#sendPosition());
    this.#refresher.start();
  }

  /** It may be decided. */
  refresh(): void {
    this.#refresher.trigger();
  }

  /** It is decided, says its owner. */
  decided(outcome: ClaimResult): void {
    this.#outcome = outcome;
    if (this.#isOpen) void this.#sendResult(outcome);
    else this.refresh();
  }

  /** The line may have moved on. */
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

  /** Only when there is something new in it. */
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

/** Without an id: it is not something that a client can have missed. */
const waiting = (position: QueuePosition): StreamEvent => ({ event: 'waiting', data: { ...WAITING, ...position } });

const isFinal = ({ status }: ClaimResult): boolean => status !== 'waiting';
const LAST_ID = 2;
/** A win may still expire; then there is more to be told. While it waits there is no event that can be missed. */
const idOf = ({ status }: ClaimResult): number => (status === 'waiting' ? 0 : status === 'expired' ? LAST_ID : 1);
