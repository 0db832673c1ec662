import type { Snapshot } from './snapshot.js';

/** A node of the picture: a service with its queues, or an exchange. */
export interface Place {
  id: string;
  kind: 'service' | 'exchange';
  /** On which side of the exchanges a service stands. */
  side: 'left' | 'right';
  queues: readonly string[];
  x: number;
  y: number;
}

/** An arrow of the picture: from a service to an exchange, or from an exchange to a queue. */
export interface Arrow {
  id: string;
  kind: 'sent' | 'taken';
  service: string;
  exchange: string;
  /** Only of a `taken` arrow. */
  queue?: string;
}

/** Who stands where. Services that are not named here are added to the shorter side. */
const LEFT = ['gateway', 'accounts', 'orders', 'inventory', 'promotions'];
const RIGHT = ['payments', 'logistics', 'notifications', 'flash-sale'];
/** From top to bottom; the first word of their names is that of the system. */
const EXCHANGES = ['commands', 'events', 'deliveries', 'retry', 'dead', ''];

/** Sizes as in machine.css, in pixels. */
export const SIZE = { card: 292, head: 52, row: 38, gap: 22, exchange: 150 };
/** Between the two sides, in pixels: room for the arrows, where there is any. */
export const MIDDLE = { wide: 700, narrow: 250 };

const RETRY_TIER = /\.retry-tier\.\d+$/;
/** The retry tiers are one node. */
export const exchangeOf = (name: string): string => (RETRY_TIER.test(name) ? 'retry' : kindOf(name));
/** `events` of `shop.events`; the default exchange has no name. */
const kindOf = (name: string): string => name.slice(name.indexOf('.') + 1);

/** The queues for operators are left out of the picture: they say nothing about the work. */
export const isShown = (queue: string): boolean => !queue.endsWith('.ops');

export const heightOf = (queues: number): number => SIZE.head + queues * SIZE.row + (queues > 0 ? 8 : 0);

/** @param middle room between the two sides, in pixels */
export function placesOf({ services, queues }: Snapshot, middle: number = MIDDLE.wide): Place[] {
  const shown = queues.filter(({ queue }) => isShown(queue));
  const queuesOf = (service: string): string[] =>
    shown.filter((one) => one.service === service).map(({ queue }) => queue);
  const names = services.map(({ service }) => service);
  const [left, right] = sidesOf(names, queuesOf);
  const columns = [column(left, 'left', 0, queuesOf), column(right, 'right', SIZE.card + middle, queuesOf)];
  const height = Math.max(...columns.map(bottomOf));
  return [...columns.flatMap((places) => centred(places, height)), ...exchanges(height, middle)];
}

function sidesOf(names: readonly string[], queuesOf: (service: string) => readonly string[]): [string[], string[]] {
  const sides: [string[], string[]] = [LEFT, RIGHT].map((side) => side.filter((name) => names.includes(name))) as [
    string[],
    string[],
  ];
  const sizeOf = (side: readonly string[]): number =>
    side.reduce((sum, name) => sum + heightOf(queuesOf(name).length), 0);
  for (const name of names.filter((one) => !LEFT.includes(one) && !RIGHT.includes(one)))
    (sizeOf(sides[0]) <= sizeOf(sides[1]) ? sides[0] : sides[1]).push(name);
  return sides;
}

function column(
  names: readonly string[],
  side: Place['side'],
  x: number,
  queuesOf: (service: string) => readonly string[],
): Place[] {
  let y = 0;
  return names.map((id) => {
    const place: Place = { id, kind: 'service', side, queues: queuesOf(id), x, y };
    y += heightOf(place.queues.length) + SIZE.gap;
    return place;
  });
}

const bottomOf = (places: readonly Place[]): number =>
  Math.max(0, ...places.map(({ y, queues }) => y + heightOf(queues.length)));

const centred = (places: readonly Place[], height: number): Place[] => {
  const offset = (height - bottomOf(places)) / 2;
  return places.map((place) => ({ ...place, y: place.y + offset }));
};

function exchanges(height: number, middle: number): Place[] {
  const step = height / EXCHANGES.length;
  return EXCHANGES.map((id, index) => ({
    ...{ id, kind: 'exchange' as const, side: 'left' as const, queues: [] },
    x: SIZE.card + (middle - SIZE.exchange) / 2,
    y: step * (index + 0.5) - 26,
  }));
}

/** All arrows that there can be, whether something flows along them or not: so none appears out of nowhere. */
export function arrowsOf(places: readonly Place[], { queues, sent }: Snapshot): Arrow[] {
  const known = new Set(places.map(({ id }) => id));
  const pairs = new Map(
    sent.map(({ service, exchange }): [string, Arrow] => {
      const to = exchangeOf(exchange);
      const id = `${service}→${to}`;
      return [id, { id, kind: 'sent', service, exchange: to }];
    }),
  );
  const taken = queues
    .filter(({ queue }) => isShown(queue))
    .map(({ queue, service, exchange }): Arrow => ({
      ...{ id: `→${queue}`, kind: 'taken', service, queue },
      exchange: exchangeOf(exchange),
    }));
  return [...pairs.values(), ...taken].filter(({ service, exchange }) => known.has(service) && known.has(exchange));
}

/** Messages per second along an arrow. */
export function rateOf({ kind, service, exchange, queue }: Arrow, { queues, sent }: Snapshot): number {
  if (kind === 'taken') return queues.find((one) => one.queue === queue)?.in ?? 0;
  return sent
    .filter((one) => one.service === service && exchangeOf(one.exchange) === exchange)
    .reduce((sum, { perSecond }) => sum + perSecond, 0);
}

/** How wide an arrow is drawn, in half pixels: about two pixels more for ten times the messages. */
export const widthOf = (rate: number): number =>
  rate <= 0 ? 1 : Math.min(12, Math.round(2 * (1.6 + 2.2 * Math.log10(1 + rate))) / 2);

/** Seconds in which a message moves along the pattern of an arrow, in few steps, so that it does not jump; 0: nothing moves. */
export function paceOf(rate: number): number {
  if (rate < 0.05) return 0;
  if (rate < 2) return 2.4;
  if (rate < 20) return 1.5;
  return rate < 200 ? 0.9 : 0.5;
}
