/** Keyed by `fields`, because all copies of a delivery (such as those made for a span) share that object. */
const arrivals = new WeakMap<object, number>();

/**
 * Time at which a delivery arrived: the first call for it. Milliseconds since the epoch, by the clock of this
 * process; comparable only with times of this process.
 */
export function arrivalOf({ fields }: { readonly fields: object }): number {
  const arrival = arrivals.get(fields) ?? Date.now();
  arrivals.set(fields, arrival);
  return arrival;
}
