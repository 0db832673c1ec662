/** An object of Kubernetes, as far as specs read every kind of it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

export type Node = null | string | number | boolean | Node[] | Fields;
export interface Fields {
  [field: string]: Node;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How a person names it: `Deployment orders`. */
export const titleOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

/** Every object inside a value, itself included, with the field that holds it. */
export function* objectsIn(value: unknown, field = ''): Generator<[field: string, fields: Fields]> {
  if (Array.isArray(value)) for (const one of value) yield* objectsIn(one, field);
  else if (isFields(value)) {
    yield [field, value];
    for (const [name, one] of Object.entries(value)) yield* objectsIn(one, name);
  }
}
