import { Inject, Injectable } from '@nestjs/common';
import { operationsOf, SaleProgress, type Sale } from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { Live } from '../live/live.js';
import { Watchers } from '../live/watchers.js';
import { DOOR } from './door-client.js';
import { placeIn, type Entry, type Place } from './place.js';
import { firstOrSecond, QueueDepth } from './queue-depth.js';
import { Sales } from './sales.js';

const QUEUE = 'flash-sale.claims';
const { LookAtQueues } = operationsOf('flash-sale')!;
/** A service that is well answers in a few. Milliseconds. */
const LOOKING_TAKES_MS = 500;
/** As many sales as are remembered. */
const MOST_SALES = 1_000;

interface Progress {
  drained: number;
  /** Claims answered. */
  perSecond: number;
}

/** The line at the door, which all sales share, and how far each sale has come with it. */
@Injectable()
export class Line {
  readonly #depth: QueueDepth;
  readonly #progress = new Map<string, Progress>();
  readonly #watchers = new Watchers<() => void>();

  constructor(
    @Inject(DOOR) door: MessageClient,
    client: MessageClient,
    live: Live,
    private readonly sales: Sales,
  ) {
    this.#depth = new QueueDepth(
      firstOrSecond(
        () => door.publisher.depth(QUEUE),
        () => waitingAt(client),
      ),
    );
    live.hear(SaleProgress, (fact) => fact && this.#moved(fact.data.saleId, fact.data));
  }

  /** Where somebody who comes now would stand; undefined when nobody can say. */
  async end(saleId: string): Promise<Entry | undefined> {
    const depth = await this.#depth.now();
    const drained = this.#drained(saleId);
    return depth === undefined ? undefined : { depth, ...(drained !== undefined && { drained }) };
  }

  /** One more was let in. */
  admit(): void {
    this.#depth.admit();
  }

  async place(saleId: string, entry: Entry | undefined): Promise<Place> {
    const depth = await this.#depth.now();
    return placeIn({ depth, drained: this.#drained(saleId), perSecond: this.#progress.get(saleId)?.perSecond }, entry);
  }

  /** Calls back whenever the sale has moved on, until the function that is returned is called. */
  watch(saleId: string, moved: () => void): () => void {
    return this.#watchers.add(saleId, moved);
  }

  /** Before a sale has answered anybody it says nothing of how far it is. */
  #drained(saleId: string): number | undefined {
    const sale = this.sales.get(saleId);
    return this.#progress.get(saleId)?.drained ?? (sale && isUntouched(sale) ? 0 : undefined);
  }

  /** Facts come in any order; of those that only count up the greatest is the latest. */
  #moved(saleId: string, { drained, perSecond }: Progress): void {
    if (drained < (this.#progress.get(saleId)?.drained ?? 0)) return;
    this.#progress.delete(saleId);
    this.#progress.set(saleId, { drained, perSecond });
    if (this.#progress.size > MOST_SALES) this.#progress.delete(this.#progress.keys().next().value!);
    for (const moved of this.#watchers.of(saleId)) moved();
  }
}

/** Its owner has a right to it. */
async function waitingAt(client: MessageClient): Promise<number> {
  const { queues } = await client.request(LookAtQueues, {}, { deadlineMs: LOOKING_TAKES_MS });
  const messages = queues.find(({ queue }) => queue === QUEUE)?.messages;
  if (messages === undefined) throw new Error(`flash-sale does not say how long ${QUEUE} is`);
  return messages;
}

const isUntouched = ({ round, remaining, quantity }: Sale): boolean => round <= 1 && remaining === quantity;
