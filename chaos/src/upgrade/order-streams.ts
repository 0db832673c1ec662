import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderStatus } from '@sluice/contracts';
import { retryAfterMs } from '@sluice/stack/shop-client';
import { finding, type Finding } from '../finding.js';
import type { Ledger } from '../ledger.js';
import { brokenPromise, reasonOf } from '../promises.js';
import { eventsOf, type ServerSentEvent } from './server-sent-events.js';

/** The delay that a stream states (`retry:`). Milliseconds. */
const RECONNECT_AFTER_MS = 1_000;
/** Longer than the payment window and all retries together. Milliseconds. */
const ENDS_WITHIN_MS = 120_000;
const ENDS: ReadonlySet<string> = new Set<OrderStatus>(['completed', 'cancelled', 'rejected']);

/** What the stream of one order has shown. */
export interface FollowedStream {
  orderId: string;
  /** In the order in which they came. */
  events: { id: number; status: string }[];
  connections: number;
  /** Why it was not followed to its end. */
  trouble?: string;
}

/** Follows orders by their streams, as a browser's EventSource does. */
export class OrderStreams {
  readonly followed: FollowedStream[] = [];

  /** @param ledger counts every answer that is missing or that the API does not document */
  constructor(
    private readonly url: string,
    private readonly ledger: Ledger,
    private readonly reconnectAfterMs = RECONNECT_AFTER_MS,
  ) {}

  /** To its end, over as many connections as it takes. Never throws. */
  async follow(orderId: string, token: string): Promise<void> {
    const followed: FollowedStream = { orderId, events: [], connections: 0 };
    this.followed.push(followed);
    const signal = AbortSignal.timeout(ENDS_WITHIN_MS);
    while (!signal.aborted && followed.trouble === undefined)
      if (await this.#connection(followed, token, signal)) return;
    followed.trouble ??= `its stream did not end within ${ENDS_WITHIN_MS / 1_000} s`;
  }

  /** @returns whether the stream is over */
  async #connection(followed: FollowedStream, token: string, signal: AbortSignal): Promise<boolean> {
    const request = `GET /orders/${followed.orderId}/stream`;
    const response = await this.#open(followed, token, signal).catch((error: unknown) => {
      if (!signal.aborted) this.ledger.addUnexpected(`${request}: no answer (${reasonOf(error)})`);
    });
    if (response?.status === 204) return true;
    if (response?.status === 200) {
      followed.connections++;
      await read(response, followed).catch((error: unknown) => {
        if (!signal.aborted) this.ledger.addUnexpected(`${request} broke off (${reasonOf(error)})`);
      });
    } else if (response) this.#refused(followed, request, response);
    await sleep((response && retryAfterMs(response)) ?? this.reconnectAfterMs, undefined, { signal }).catch(() => {});
    return false;
  }

  async #open({ orderId, events }: FollowedStream, token: string, signal: AbortSignal): Promise<Response> {
    const last = events.at(-1)?.id;
    const headers = { authorization: `Bearer ${token}`, ...(last !== undefined && { 'last-event-id': String(last) }) };
    const response = await fetch(`${this.url}/orders/${orderId}/stream`, { headers, signal });
    if (response.status !== 200) await response.body?.cancel();
    return response;
  }

  /** 404: it was accepted with 202 and is not placed yet. */
  #refused(followed: FollowedStream, request: string, { status, headers }: Response): void {
    const broken = brokenPromise({ request, status, headers });
    if (broken) this.ledger.addUnexpected(broken);
    this.ledger.countAnswer(status);
    if (status !== 404 && status !== 429 && status !== 503) followed.trouble = `its stream answered ${status}`;
  }

  /** How many were followed over more than one connection. */
  get resumed(): number {
    return this.followed.filter(({ connections }) => connections > 1).length;
  }
}

async function read(response: Response, { events }: FollowedStream): Promise<void> {
  for await (const { id, event, data } of eventsOf(response.body!))
    if (event === 'order') events.push({ id: Number(id), status: statusIn(data) });
}

const statusIn = (data: ServerSentEvent['data']): string => (JSON.parse(data) as { status: string }).status;

/** @returns nothing, when each stream has shown every change of its order once, in order, to its end */
export const streamFindings = (followed: readonly FollowedStream[]): Finding[] => followed.flatMap(judgeStream);

function judgeStream({ orderId, events, trouble }: FollowedStream): Finding[] {
  const ids = events.map(({ id }) => id);
  const shown = `the stream of order ${orderId} has shown ${events.map(({ id, status }) => `${id} ${status}`).join(', ')}`;
  if (trouble) return [finding('lost', `${shown}: ${trouble}`)];
  if (new Set(ids).size < ids.length) return [finding('doubled', `${shown}: a change twice`)];
  if (ids.some((id, index) => id !== index + 1)) return [finding('lost', `${shown}: not every change, in order`)];
  return ENDS.has(events.at(-1)?.status ?? '') ? [] : [finding('lost', `${shown}: not its end`)];
}
