import type { JsonSchema } from '@sluice/contracts';
import fc from 'fast-check';

/** Arbitrary values that a schema allows, for property tests. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  const values = schema.enum ?? ('const' in schema ? [schema.const] : undefined);
  if (values) return fc.constantFrom(...values);
  switch (schema.type) {
    case 'object':
      return objectsOf(schema);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, 4),
      });
    case 'string':
      return textsOf(schema);
    case 'integer':
      return fc.integer({ min: leastOf(schema), max: schema.maximum ?? leastOf(schema) + 1_000 });
    case 'number':
      return fc.double({ min: leastOf(schema), max: schema.maximum ?? leastOf(schema) + 1_000, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

const leastOf = ({ minimum, exclusiveMinimum }: JsonSchema): number =>
  minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + 1);

function objectsOf({
  properties = {},
  required = [],
  propertyNames,
  additionalProperties,
}: JsonSchema): fc.Arbitrary<unknown> {
  const named = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema)])),
    { requiredKeys: [...required] },
  );
  if (typeof additionalProperties !== 'object') return named;
  const rest = fc.dictionary(
    propertyNames ? (valuesOf(propertyNames) as fc.Arbitrary<string>) : fc.string({ minLength: 1 }),
    valuesOf(additionalProperties),
    { maxKeys: 3 },
  );
  return fc.tuple(rest, named).map(([others, own]) => ({ ...others, ...(own as object) }));
}

function textsOf({ format, pattern, minLength = 0, maxLength = minLength + 20 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) });
}
