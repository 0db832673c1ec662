import type { Sale } from '@sluice/contracts';
import type { EventStream, StreamEvent } from '@sluice/http-kit';
import { stateAt } from './sale-state.js';
import { viewAt } from './sale-view.js';

/**
 * Shortest interval between two events that differ by nothing but pieces: while a sale sells, its pieces change many
 * times a second, and each event is written to all who watch. A new state or round is sent at once. Milliseconds.
 */
const PIECES_EVERY_MS = 1_000;
/** The longest time that a timer can wait. Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What differs between two events. */
interface Standing {
  version: number;
  /** State and round. */
  phase: string;
}

/** One sale for all who watch it: an event is made once, and written to each of them. */
export class SaleFeed {
  readonly #streams = new Set<EventStream>();
  /** What all who watch have received. */
  #sent: Standing;
  #sentAt = -Infinity;
  #made: (Standing & { event: StreamEvent }) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param now ms since the epoch, by the clock that opens and closes sales */
  constructor(
    private sale: Sale,
    private readonly now: () => number,
  ) {
    this.#sent = this.#standing;
    this.#sendInTime();
  }

  get isWatched(): boolean {
    return this.#streams.size > 0;
  }

  /** Opens a stream with the sale as it is. A client that knows that it is closed gets nothing. */
  open(stream: EventStream, lastVersion: number): void {
    if (this.#isClosed && lastVersion === this.sale.version) return stream.endEmpty();
    stream.open();
    void stream.send(this.#event);
    if (this.#isClosed) return stream.end();
    this.#streams.add(stream);
    void stream.closed.then(() => this.#streams.delete(stream));
  }

  changed(sale: Sale): void {
    if (sale.version <= this.sale.version) return;
    this.sale = sale;
    this.#sendInTime();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  get #standing(): Standing {
    return { version: this.sale.version, phase: `${stateAt(this.sale, this.now())} ${this.sale.round}` };
  }

  get #isClosed(): boolean {
    return stateAt(this.sale, this.now()) === 'closed';
  }

  get #event(): StreamEvent {
    const standing = this.#standing;
    if (!this.#made || !isSame(this.#made, standing)) {
      const event = { id: standing.version, event: 'sale', data: viewAt(this.sale, this.now()) };
      this.#made = { ...standing, event };
    }
    return this.#made.event;
  }

  /** Sends what is new, now or when it is due. */
  #sendInTime(): void {
    clearTimeout(this.#timer);
    const dueMs = this.#sentAt + PIECES_EVERY_MS - performance.now();
    if (this.#standing.phase !== this.#sent.phase || (!this.#isSent && dueMs <= 0)) this.#send();
    if (this.#isClosed) return;
    const waitMs = Math.min(this.#isSent ? Infinity : dueMs, this.#untilClockMs(), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#sendInTime(), waitMs);
  }

  get #isSent(): boolean {
    return isSame(this.#sent, this.#standing);
  }

  #send(): void {
    this.#sent = this.#standing;
    this.#sentAt = performance.now();
    for (const stream of this.#streams) {
      void stream.send(this.#event);
      if (this.#isClosed) stream.end();
    }
  }

  /** Time until the clock opens or closes the sale. Milliseconds. */
  #untilClockMs(): number {
    const now = this.now();
    const ahead = [this.sale.opensAt, this.sale.closesAt].map((at) => Date.parse(at) - now);
    return Math.min(...ahead.filter((ms) => ms > 0));
  }
}

const isSame = (one: Standing, other: Standing): boolean => one.version === other.version && one.phase === other.phase;
