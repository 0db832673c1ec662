/** The copies that are made of a delivery, as for a span, share its `fields`. */
const arrivals = new WeakMap<object, number>();

/**
 * When a delivery came: the moment at which it was first asked for. Milliseconds since the epoch, by the clock of this
 * process, which is the only one that it may be compared with.
 */
export function arrivalOf({ fields }: { readonly fields: object }): number {
  const arrival = arrivals.get(fields) ?? Date.now();
  arrivals.set(fields, arrival);
  return arrival;
}
