// @ts-nocheck
/** Of each kind, the latest: what was made long ago has ended. */
const KEPT = 200;
/** How often one of the last few is taken: an order that was just placed can still be paid. */
const RECENT = 0.7;
const FEW = 12;

/**
 * What exists, as the answers told: so later requests reach states that made-up ids never do.
 * @typedef {{ value: string, owner?: string, of?: string }} Thing owner: the actor whose it is; of: the sale of a
 * ticket
 */
export class World {
  /** @type {Map<string, Thing[]>} */
  #things = new Map();

  /** @param {string} kind @param {Thing} thing */
  add(kind, thing) {
    const known = this.#things.get(kind) ?? [];
    if (known.some(({ value }) => value === thing.value)) return;
    this.#things.set(kind, [...known, thing].slice(-KEPT));
  }

  /**
   * @param {string} kind
   * @param {import('@sluice/chaos/random').Random} random
   * @param {(thing: Thing) => boolean} [fits]
   * @returns {Thing | undefined}
   */
  pick(kind, random, fits = () => true) {
    const all = (this.#things.get(kind) ?? []).filter(fits);
    if (all.length === 0) return undefined;
    return random.pick(random.next() < RECENT ? all.slice(-FEW) : all);
  }

  /**
   * Notes what an answer shows to exist.
   * @param {{ path: string }} operation
   * @param {Record<string, string>} parameters of the path
   * @param {string} owner who asked
   * @param {any} body
   */
  learn({ path }, parameters, owner, body) {
    const collection = path.split('/')[1];
    if (typeof body?.next === 'string') this.add(`cursor of ${path}`, { value: body.next });
    if (typeof body?.ticket === 'string') this.add('ticket', { value: body.ticket, owner, of: parameters.id });
    for (const queue of collection === 'ops' ? (body?.queues ?? []) : []) this.add('queue', { value: queue.queue });
    for (const one of Array.isArray(body?.items) ? body.items : [body]) this.#learnOne(collection, owner, one);
  }

  #learnOne(collection, owner, one) {
    if (collection === 'orders' && typeof one?.id === 'string' && owner !== 'admin')
      this.add('order', { value: one.id, owner });
    if (collection === 'flash-sales' && typeof one?.id === 'string') this.add('sale', { value: one.id });
    if (collection === 'products' && typeof one?.name === 'string') this.add('product', { value: one.sku });
    if (collection === 'users' && typeof one?.id === 'string') this.add('user', { value: one.id });
    if (collection === 'coupons' && typeof one?.code === 'string') this.add('coupon', { value: one.code });
    for (const parcel of Array.isArray(one?.parcels) ? one.parcels : []) this.add('parcel', { value: parcel.id });
  }
}

/** What a parameter of a path refers to. `owned`: only their own may be seen. */
const REFERENCES = [
  { at: /^\/orders\/\{id\}/, name: 'id', kind: 'order', owned: true },
  { at: /^\/flash-sales\/\{id\}\/claims\/\{ticket\}/, name: 'ticket', kind: 'ticket', owned: true },
  { at: /^\/flash-sales\/\{id\}/, name: 'id', kind: 'sale', owned: false },
  { at: /^\/users\/\{id\}/, name: 'id', kind: 'user', owned: false },
  { at: /^\/parcels\/\{id\}/, name: 'id', kind: 'parcel', owned: false },
  { at: /^\/products\/\{sku\}/, name: 'sku', kind: 'product', owned: false },
  { at: /\{queue\}/, name: 'queue', kind: 'queue', owned: false },
];

/**
 * @returns {{ name: string, kind: string, owned: boolean }[]} in the order in which they are chosen: a ticket decides
 * the sale
 */
export const referencesOf = ({ path }) => {
  const found = REFERENCES.filter(({ at }) => at.test(path));
  return found.some(({ kind }) => kind === 'ticket') ? found.filter(({ kind }) => kind !== 'sale') : found;
};

/** @returns {boolean} whether an operation is about what is one person's */
export const isOwned = (operation) => referencesOf(operation).some(({ owned }) => owned);
