import { Logger } from '@nestjs/common';
import type { ClaimResult } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { CatchUp } from '../live/catch-up.js';
import type { EventStream, StreamEvent } from '../live/event-stream.js';
import { notOfThisStream } from '../web/last-event-id.js';
import type { Place } from './place.js';

/** How often somebody who waits is told where they stand, at most. Milliseconds. */
const BEAT_MS = 500;

export interface TicketStreamParts {
  /** What became of the ticket; undefined when nobody could say. */
  read(): Promise<ClaimResult | undefined>;
  place(): Promise<Place>;
}

/** One ticket, told to its owner: the place in line as it moves, and then how it ended. */
export class TicketStream {
  readonly #logger = new Logger('ticket stream');
  readonly #catchUp: CatchUp;
  #told = '';
  /** When it may be told next; never before it has been told first. */
  #nextAt = Infinity;
  #beat: NodeJS.Timeout | undefined;
  #over = false;
  #outcome: ClaimResult | undefined;

  /** @param knows the id of the last event that the caller has; 0 for none */
  constructor(
    private readonly wire: EventStream,
    private readonly knows: number,
    private readonly parts: TicketStreamParts,
    { STREAM_REFRESH_MS }: { STREAM_REFRESH_MS: number },
  ) {
    this.#catchUp = new CatchUp(() => this.#goOn(), STREAM_REFRESH_MS);
    void wire.closed.then(() => this.#stop());
  }

  /**
   * Opens with the first answer, and without one too: the ticket proves that the claim is in line.
   * @throws ProblemError 400 the ticket has not had the event that the caller says they have
   */
  async open(first: ClaimResult | undefined): Promise<void> {
    const answer = this.#outcome ?? first;
    if (this.knows > (answer ? idOf(answer) : LAST_ID)) throw notOfThisStream;
    const known = answer ?? WAITING;
    if (isFinal(known) && idOf(known) === this.knows) return this.wire.nothingLeft();
    this.wire.open();
    await (isFinal(known) ? this.#tellEnd(known) : this.#tellPlace());
    this.#catchUp.begin();
  }

  /** It may be decided. */
  hint(): void {
    this.#catchUp.hint();
  }

  /** It is decided, says its owner. */
  decided(outcome: ClaimResult): void {
    this.#outcome = outcome;
    if (this.#isOpen) void this.#tellEnd(outcome);
    else this.hint();
  }

  /** The line may have moved on. */
  moved(): void {
    if (!this.#isOpen || this.#over || this.wire.ended) return;
    this.#beat ??= setTimeout(() => void this.#tellPlace(), Math.max(0, this.#nextAt - performance.now()));
  }

  get #isOpen(): boolean {
    return this.#nextAt < Infinity;
  }

  async #goOn(): Promise<void> {
    if (this.wire.ended || this.#over) return;
    const result = this.#outcome ?? (await this.parts.read().catch((error: unknown) => this.#notNow(error)));
    if (!result) return;
    if (isFinal(result)) await this.#tellEnd(result);
    else this.moved();
  }

  async #tellEnd(result: ClaimResult): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.wire.send({ id: idOf(result), event: result.status, data: result });
    this.wire.end();
  }

  /** Only when there is something new in it. */
  async #tellPlace(): Promise<void> {
    const place = await this.parts.place();
    const told = JSON.stringify(place);
    if (told !== this.#told && !this.#over) await this.wire.send(waiting(place));
    this.#told = told;
    this.#beat = undefined;
    this.#nextAt = performance.now() + BEAT_MS;
  }

  #notNow(error: unknown): undefined {
    if (!(error instanceof ProblemError)) this.#logger.warn(error);
  }

  #stop(): void {
    this.#catchUp.stop();
    clearTimeout(this.#beat);
  }
}

const WAITING: ClaimResult = { status: 'waiting' };

/** Without an id: it is not something that a client can have missed. */
const waiting = (place: Place): StreamEvent => ({ event: 'waiting', data: { ...WAITING, ...place } });

const isFinal = ({ status }: ClaimResult): boolean => status !== 'waiting';
const LAST_ID = 2;
/** A win may still expire; then there is more to be told. While it waits there is no event that can be missed. */
const idOf = ({ status }: ClaimResult): number => (status === 'waiting' ? 0 : status === 'expired' ? LAST_ID : 1);
