import { randomUUID } from 'node:crypto';
import type { Order } from '@sluice/contracts';
import { Failure } from '@sluice/stack/failure';
import { CUSTOMER, ShopClient, type Answer, type TimelineEvent } from '@sluice/stack/shop-client';
import { until } from '@sluice/stack/until';

/** Of each step: at the first one the seed may still be on its way between the services. */
const STEP_WITHIN_MS = 60_000;
const POLL_MS = 100;

/** Sells one order over HTTP, as any client would. @param note shows the step @returns the completed order */
export async function sellOneOrder(
  url: string,
  note: (step: string) => void,
): Promise<{ order: Order; events: TimelineEvent[] }> {
  const shop = new ShopClient(url);
  note('signing in');
  const { token } = await repeat(() => shop.call<{ token: string }>('POST', '/sessions', { body: CUSTOMER }), has(201));
  note('placing an order');
  const list = () => shop.call<{ items?: { sku: string; available: number }[] }>('GET', '/products', { token });
  const { items = [] } = await repeat(list, ({ body }) => body.items?.some(isAvailable) ?? false);
  const lines = items
    .filter(isAvailable)
    .slice(0, 1)
    .map(({ sku }) => ({ sku, quantity: 2 }));
  const key = randomUUID(); // the same on every try, so that it is one order
  const { id } = await repeat(() => shop.placeOrder(token, { lines, key }), has(201));
  const reaches = (wanted: Order['status']) =>
    repeat(
      () => shop.getOrder(token, id),
      ({ body }) => body.status === wanted,
    );
  note('waiting until it can be paid');
  await reaches('awaiting_payment');
  note('paying');
  await repeat(() => shop.pay(token, id), has(200, 202));
  note('waiting for its parcels');
  const order = await reaches('completed');
  const { events } = await repeat(() => shop.getTimeline(token, id), has(200));
  note(`${id} is completed`);
  return { order, events };
}

const isAvailable = ({ available }: { available: number }): boolean => available > 0;

const has =
  (...statuses: number[]) =>
  ({ status }: Answer<unknown>): boolean =>
    statuses.includes(status);

/** Repeats a request until its answer is the wanted one. @returns its body @throws Failure with the last answer */
async function repeat<T>(request: () => Promise<Answer<T>>, isWanted: (answer: Answer<T>) => boolean): Promise<T> {
  let last = 'no answer';
  const answer = await until(
    async () => {
      try {
        const received = await request();
        last = describe(received);
        return isWanted(received) && received;
      } catch (error) {
        last = (error as Error).message;
        return false;
      }
    },
    { withinMs: STEP_WITHIN_MS, everyMs: POLL_MS },
  );
  if (answer) return answer.body;
  throw new Failure(`the demo order got stuck: ${last}`, 'The services say why in .sluice/logs/');
}

function describe({ request, status, body }: Answer<unknown>): string {
  const { title, status: state } = (body ?? {}) as { title?: string; status?: string };
  return `${request} answered ${status} ${title ?? state ?? ''}`.trim();
}

/** @returns the timeline as lines: the time since the first event, and what happened */
export function timelineLines(events: readonly TimelineEvent[]): string[] {
  const begin = Date.parse(events[0]?.at ?? '');
  return events.map(({ at, type, detail }) => {
    const after = `${((Date.parse(at) - begin) / 1000).toFixed(2)} s`.padStart(8);
    const details = detail && Object.keys(detail).length > 0 ? `  ${JSON.stringify(detail)}` : '';
    return `  ${after}  ${type.padEnd(20)}${details}`.trimEnd().slice(0, 160);
  });
}
