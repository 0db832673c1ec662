import type { Random } from '@sluice/chaos/random';
import { listOf, textOf } from './json.js';
import type { Operation } from './operations.js';

/** Of each kind, the latest are kept: older ones have ended. */
const KEPT = 200;
/** How often one of the latest few is picked: an order that was just placed can still be paid. */
const RECENT = 0.7;
const FEW = 12;

interface Resource {
  /** Its id, or what names it. */
  readonly value: string;
  /** The caller whose it is. */
  readonly owner?: string;
  /** The sale of a ticket. */
  readonly sale?: string | undefined;
}

/** What exists according to the responses: so later requests reach states that made-up ids never do. */
export class KnownResources {
  readonly #byKind = new Map<string, Resource[]>();

  add(kind: string, resource: Resource): void {
    const known = this.#byKind.get(kind) ?? [];
    if (known.some(({ value }) => value === resource.value)) return;
    this.#byKind.set(kind, [...known, resource].slice(-KEPT));
  }

  pick(kind: string, random: Random, fits: (resource: Resource) => boolean = () => true): Resource | undefined {
    const fitting = (this.#byKind.get(kind) ?? []).filter(fits);
    if (fitting.length === 0) return undefined;
    return random.pick(random.next() < RECENT ? fitting.slice(-FEW) : fitting);
  }

  /**
   * Adds what a response shows to exist.
   * @param parameters of the path
   */
  record({ path }: Operation, parameters: Readonly<Record<string, string>>, owner: string, body: unknown): void {
    const collection = path.split('/')[1];
    this.#addText(`cursor of ${path}`, body, 'next');
    this.#addText('ticket', body, 'ticket', { owner, sale: parameters.id });
    if (collection === 'ops') for (const queue of listOf(body, 'queues')) this.#addText('queue', queue, 'queue');
    const items = listOf(body, 'items');
    for (const one of items.length > 0 ? items : [body]) this.#recordOne(collection, owner, one);
  }

  #recordOne(collection: string | undefined, owner: string, one: unknown): void {
    if (collection === 'orders' && owner !== 'admin') this.#addText('order', one, 'id', { owner });
    if (collection === 'flash-sales') this.#addText('sale', one, 'id');
    if (collection === 'products' && textOf(one, 'name') !== undefined) this.#addText('product', one, 'sku');
    if (collection === 'users') this.#addText('user', one, 'id');
    if (collection === 'coupons') this.#addText('coupon', one, 'code');
    for (const parcel of listOf(one, 'parcels')) this.#addText('parcel', parcel, 'id');
  }

  #addText(kind: string, body: unknown, field: string, more: Omit<Resource, 'value'> = {}): void {
    const value = textOf(body, field);
    if (value !== undefined) this.add(kind, { value, ...more });
  }
}

interface Reference {
  /** The parameter of the path. */
  readonly name: string;
  readonly kind: string;
  /** Only its owner may see it. */
  readonly owned: boolean;
}

const REFERENCES: readonly (Reference & { at: RegExp })[] = [
  { at: /^\/orders\/\{id\}/, name: 'id', kind: 'order', owned: true },
  { at: /^\/flash-sales\/\{id\}\/claims\/\{ticket\}/, name: 'ticket', kind: 'ticket', owned: true },
  { at: /^\/flash-sales\/\{id\}/, name: 'id', kind: 'sale', owned: false },
  { at: /^\/users\/\{id\}/, name: 'id', kind: 'user', owned: false },
  { at: /^\/parcels\/\{id\}/, name: 'id', kind: 'parcel', owned: false },
  { at: /^\/products\/\{sku\}/, name: 'sku', kind: 'product', owned: false },
  { at: /\{queue\}/, name: 'queue', kind: 'queue', owned: false },
];

/** What the parameters of a path refer to; where a ticket decides the sale, the ticket alone. */
export function referencesOf({ path }: Operation): Reference[] {
  const found = REFERENCES.filter(({ at }) => at.test(path));
  return found.some(({ kind }) => kind === 'ticket') ? found.filter(({ kind }) => kind !== 'sale') : found;
}

/** The parameter whose resource belongs to one caller alone. */
export const ownedReferenceOf = (operation: Operation): Reference | undefined =>
  referencesOf(operation).find(({ owned }) => owned);
