import { z } from 'zod';

/** The subset of JSON Schema (draft 7) that contracts use. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/**
 * JSON Schema of a message for its sender: fields with a default may be absent, and unknown fields are refused only
 * where the contract is strict. Checks that are code (`refine`) have no JSON Schema and are missing.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const described = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => leaveOutTheObvious(jsonSchema),
  });
  delete described.$schema;
  return described as JsonSchema;
}

/**
 * Removes patterns that repeat the format (zod versions write them differently) and the limits of every JSON integer.
 */
function leaveOutTheObvious(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
