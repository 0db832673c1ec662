import { Inject, Injectable } from '@nestjs/common';
import { operationsOf, SaleProgress, type Sale } from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { Live } from '../live/live.js';
import { Subscriptions } from '../live/subscriptions.js';
import { CLAIM_CLIENT } from './claim-client.js';
import { positionOf, type QueueEntry, type QueuePosition } from './queue-position.js';
import { brokerOrOwner, QueueDepth } from './queue-depth.js';
import { Sales } from './sales.js';

const QUEUE = 'flash-sale.claims';
const { LookAtQueues } = operationsOf('flash-sale')!;
/** A service that is well answers in a few. Milliseconds. */
const DEPTH_TIMEOUT_MS = 500;
/** As many sales as are remembered. */
const MAX_SALES = 1_000;

interface Progress {
  drained: number;
  /** Claims answered. */
  perSecond: number;
}

/** The line at the door, which all sales share, and how far each sale has come with it. */
@Injectable()
export class ClaimQueue {
  readonly #depth: QueueDepth;
  readonly #progress = new Map<string, Progress>();
  readonly #subscriptions = new Subscriptions<() => void>();

  constructor(
    @Inject(CLAIM_CLIENT) claimClient: MessageClient,
    client: MessageClient,
    live: Live,
    private readonly sales: Sales,
  ) {
    this.#depth = new QueueDepth(
      brokerOrOwner(
        () => claimClient.publisher.depth(QUEUE),
        () => depthFromOwner(client),
      ),
    );
    live.onFact(SaleProgress, (fact) => fact && this.#progressed(fact.data.saleId, fact.data));
  }

  /** Where somebody who comes now would stand; undefined when nobody can say. */
  async entryNow(saleId: string): Promise<QueueEntry | undefined> {
    const depth = await this.#depth.now();
    const drained = this.#drained(saleId);
    return depth === undefined ? undefined : { depth, ...(drained !== undefined && { drained }) };
  }

  /** One more was let in. */
  admit(): void {
    this.#depth.admit();
  }

  async position(saleId: string, entry: QueueEntry | undefined): Promise<QueuePosition> {
    const depth = await this.#depth.now();
    return positionOf(
      { depth, drained: this.#drained(saleId), perSecond: this.#progress.get(saleId)?.perSecond },
      entry,
    );
  }

  /** Calls back whenever the sale has moved on, until the function that is returned is called. */
  subscribe(saleId: string, onMoved: () => void): () => void {
    return this.#subscriptions.add(saleId, onMoved);
  }

  /** Before a sale has answered anybody it says nothing of how far it is. */
  #drained(saleId: string): number | undefined {
    const sale = this.sales.get(saleId);
    return this.#progress.get(saleId)?.drained ?? (sale && isUntouched(sale) ? 0 : undefined);
  }

  /** Facts come in any order; of those that only count up the greatest is the latest. */
  #progressed(saleId: string, { drained, perSecond }: Progress): void {
    if (drained < (this.#progress.get(saleId)?.drained ?? 0)) return;
    this.#progress.delete(saleId);
    this.#progress.set(saleId, { drained, perSecond });
    if (this.#progress.size > MAX_SALES) this.#progress.delete(this.#progress.keys().next().value!);
    for (const onMoved of this.#subscriptions.get(saleId)) onMoved();
  }
}

/** Its owner has a right to it. */
async function depthFromOwner(client: MessageClient): Promise<number> {
  const { queues } = await client.request(LookAtQueues, {}, { deadlineMs: DEPTH_TIMEOUT_MS });
  const messages = queues.find(({ queue }) => queue === QUEUE)?.messages;
  if (messages === undefined) throw new Error(`flash-sale does not say how long ${QUEUE} is`);
  return messages;
}

const isUntouched = ({ round, remaining, quantity }: Sale): boolean => round <= 1 && remaining === quantity;
