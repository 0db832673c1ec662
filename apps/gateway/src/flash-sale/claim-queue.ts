import { Inject, Injectable } from '@nestjs/common';
import { operationsOf, SaleProgress, type Sale } from '@sluice/contracts';
import { Live, Subscriptions } from '@sluice/http-kit';
import { MessageClient } from '@sluice/messaging';
import { positionOf, type QueueEntry, type QueuePosition } from './queue-position.js';
import { brokerOrOwner, QueueDepth } from './queue-depth.js';
import { Sales } from './sales.js';

/**
 * Connection that publishes claims to the bounded queue, and nothing else: backpressure there does not delay other
 * requests.
 */
export const CLAIM_CLIENT = Symbol('claim client');

const QUEUE = 'flash-sale.claims';
const { LookAtQueues } = operationsOf('flash-sale')!;
/** Timeout of a queue depth request; a healthy service replies in a few milliseconds. Milliseconds. */
const DEPTH_TIMEOUT_MS = 500;
/** The same number as the sales that `SaleCache` keeps. */
const MAX_SALES = 1_000;

interface Progress {
  drained: number;
  /** Claims decided per second. */
  perSecond: number;
}

/** The claim queue, which all sales share, and how many of its claims each sale has processed. */
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

  /** Position that a new claim would have; undefined when no depth is available. */
  async entryNow(saleId: string): Promise<QueueEntry | undefined> {
    const depth = await this.#depth.now();
    const drained = this.#drained(saleId);
    return depth === undefined ? undefined : { depth, ...(drained !== undefined && { drained }) };
  }

  /** Counts a claim that was added to the queue. */
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

  /** Calls `onMoved` whenever the sale has processed claims, until the returned function is called. */
  subscribe(saleId: string, onMoved: () => void): () => void {
    return this.#subscriptions.add(saleId, onMoved);
  }

  /** A sale that has decided no claim yet has published no progress: 0. */
  #drained(saleId: string): number | undefined {
    const sale = this.sales.get(saleId);
    return this.#progress.get(saleId)?.drained ?? (sale && isUntouched(sale) ? 0 : undefined);
  }

  /** Facts arrive in any order; of counters that only grow, the greatest is the latest. */
  #progressed(saleId: string, { drained, perSecond }: Progress): void {
    if (drained < (this.#progress.get(saleId)?.drained ?? 0)) return;
    this.#progress.delete(saleId);
    this.#progress.set(saleId, { drained, perSecond });
    if (this.#progress.size > MAX_SALES) this.#progress.delete(this.#progress.keys().next().value!);
    for (const onMoved of this.#subscriptions.get(saleId)) onMoved();
  }
}

/** flash-sale owns the queue, so it has the permission to read its depth. */
async function depthFromOwner(client: MessageClient): Promise<number> {
  const { queues } = await client.request(LookAtQueues, {}, { deadlineMs: DEPTH_TIMEOUT_MS });
  const messages = queues.find(({ queue }) => queue === QUEUE)?.messages;
  if (messages === undefined) throw new Error(`flash-sale did not report the depth of ${QUEUE}`);
  return messages;
}

const isUntouched = ({ round, remaining, quantity }: Sale): boolean => round <= 1 && remaining === quantity;
