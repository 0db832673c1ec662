/** What a customer means to do with an order. */
export type Intent = 'pay' | 'leave' | 'cancel' | 'pay-and-cancel';

/** What its customer does, and how far it was followed. */
interface Followed {
  userId: string;
  /** When it was accepted (ms since the epoch). */
  acceptedAt?: number;
  /** When a payment was answered with 200, or the order was seen paid. */
  paidAt?: number;
  /** The customer has read that it is paid, or further. */
  seenPaid?: boolean;
  endedAt?: number;
  /** Why it was not followed to its end. */
  trouble?: string;
}

export interface OrderEntry extends Followed {
  key: string;
  intent: Intent;
  /** Statuses of POST /orders, 0 where no answer came. */
  answers: number[];
  /** All ids that were answered to the key: one, unless orders were doubled. */
  ids: Set<string>;
  id?: string;
  cancelAnswer?: 200 | 202 | 409;
  end?: string;
}

export interface ClaimEntry extends Followed {
  /** Whether its user would pay for a win. */
  pays: boolean;
  /** The path of the accepted claim. */
  ticket?: string;
  orderId?: string;
  end?: 'won' | 'lost' | 'expired';
}

/** What the clients were promised, and what they were shown at the end. */
export class Ledger {
  readonly orders: OrderEntry[] = [];
  readonly claims: ClaimEntry[] = [];
  /** Requests that change something and were answered with 429 or 503, or not at all. */
  refused = 0;
  readonly #unexpected = new Map<string, number>();
  readonly #answers = new Map<number, number>();

  /** Counts an answer that the API does not document. */
  addUnexpected(answer: string): void {
    const kind = answer.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{40,}/g, '…');
    this.#unexpected.set(kind, (this.#unexpected.get(kind) ?? 0) + 1);
  }

  countAnswer(status: number): void {
    this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
  }

  /** How often each status was answered, such as `200: 1512, 503: 3`. */
  get answers(): string {
    const counted = [...this.#answers].toSorted(([one], [other]) => one - other);
    return counted.map(([status, count]) => `${status}: ${count}`).join(', ');
  }

  get unexpectedAnswers(): string[] {
    return [...this.#unexpected].map(([answer, count]) => `${answer} (${count} times)`);
  }

  /** Accepted and not ended yet. */
  get inFlight(): { orders: number; claims: number } {
    const open = (entries: readonly Followed[]): number =>
      entries.filter(({ acceptedAt, endedAt }) => acceptedAt !== undefined && endedAt === undefined).length;
    return { orders: open(this.orders), claims: open(this.claims) };
  }
}
