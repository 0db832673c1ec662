import type { Message } from '@sluice/contracts';
import { topicMatcher } from '@sluice/messaging';

/** Which facts somebody wants to hear; what is absent does not narrow. */
export interface FactFilter {
  /** A topic pattern over types, such as `order.*`. */
  pattern?: string | undefined;
  correlationId?: string | undefined;
  orderId?: string | undefined;
}

/** Whether a fact passes the filter. */
export function filterOf({ pattern = '#', correlationId, orderId }: FactFilter): (fact: Message) => boolean {
  const matches = topicMatcher(pattern);
  return (fact) =>
    matches(fact.type) &&
    (correlationId === undefined || fact.correlationId === correlationId) &&
    (orderId === undefined || (fact.data as { orderId?: unknown }).orderId === orderId);
}

/** The newest of what was added, with a bound. */
export class Recent<T> {
  #items: T[] = [];

  constructor(private readonly max: number) {}

  add(item: T): void {
    this.#items.push(item);
    // Cut when it is twice as long: cutting at each addition would copy all of it each time.
    if (this.#items.length >= this.max * 2) this.#items = this.#items.slice(-this.max);
  }

  /** Oldest first. */
  all(): T[] {
    return this.#items.slice(-this.max);
  }
}

/** What waits for one reader; beyond the bound the oldest are skipped and counted. */
export class Pending<T> {
  #items: T[] = [];
  #skipped = 0;

  constructor(private readonly max: number) {}

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length <= this.max) return;
    this.#items.shift();
    this.#skipped += 1;
  }

  /** Takes everything. Undefined: there is nothing. */
  take(): { items: T[]; skipped: number } | undefined {
    if (this.#items.length === 0) return undefined;
    const taken = { items: this.#items, skipped: this.#skipped };
    [this.#items, this.#skipped] = [[], 0];
    return taken;
  }
}

/** Sends what there is at once; what follows waits the longer the more that was, and goes together. */
export class Rounds {
  #next: NodeJS.Timeout | undefined;

  /**
   * @param send returns how many items it has sent
   * @param pause after a round: for each item in it, and at most
   */
  constructor(
    private readonly send: () => number,
    private readonly pause: { perItemMs: number; maxMs: number },
  ) {}

  /** There is something to send. */
  begin(): void {
    this.#next ??= setTimeout(() => this.#round(), 0); // with all that comes in the same turn
  }

  end(): void {
    clearTimeout(this.#next);
  }

  #round(): void {
    const sent = this.send();
    const pauseMs = Math.min(sent * this.pause.perItemMs, this.pause.maxMs);
    this.#next = sent > 0 ? setTimeout(() => this.#round(), pauseMs) : undefined;
  }
}
