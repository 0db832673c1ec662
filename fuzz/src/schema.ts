import { isObject } from './json.js';

/**
 * JSON Schema (draft 2020-12), as far as the OpenAPI document uses it. Duplicated on purpose: what checks the responses
 * and generates the requests must not reuse zod, which generates the document. An unknown keyword is an error, so that
 * nothing goes unchecked.
 */
export type Schema = true | Keywords;

export interface Keywords {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
}

/** Notes for readers, and `format`, which `pattern` repeats. */
const ANNOTATIONS = new Set(['description', 'title', 'default', 'examples', 'format', 'deprecated', '$comment']);

/** Lengths count characters, not UTF-16 units (JSON Schema Validation, section 6.3). */
export const lengthOf = (text: string): number => [...text].length;

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  string: isString,
  number: isNumber,
  integer: Number.isInteger,
  array: isArray,
  object: isObject,
};

const patterns = new Map<string, RegExp>();

/** A pattern as JSON Schema reads it: with Unicode. */
export function patternOf(pattern: string): RegExp {
  const regExp = patterns.get(pattern) ?? new RegExp(pattern, 'u');
  patterns.set(pattern, regExp);
  return regExp;
}

const sameJson = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** A keyword's check runs only where the schema has the keyword. */
type Present = Required<Keywords>;
type Assertion = (value: unknown, schema: Present) => boolean;

/** A keyword of one type holds for values of every other type. */
const onlyFor =
  <V>(applies: (value: unknown) => value is V, holds: (value: V, schema: Present) => boolean): Assertion =>
  (value, schema) =>
    !applies(value) || holds(value, schema);

/** Keywords that need the value alone. */
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  type: (value, { type }) => [type].flat().some((name) => TYPES[name]?.(value)),
  const: (value, schema) => sameJson(value, schema.const),
  enum: (value, schema) => schema.enum.some((one) => sameJson(one, value)),
  pattern: onlyFor(isString, (text, { pattern }) => patternOf(pattern).test(text)),
  minLength: onlyFor(isString, (text, { minLength }) => lengthOf(text) >= minLength),
  maxLength: onlyFor(isString, (text, { maxLength }) => lengthOf(text) <= maxLength),
  minimum: onlyFor(isNumber, (number, { minimum }) => number >= minimum),
  maximum: onlyFor(isNumber, (number, { maximum }) => number <= maximum),
  exclusiveMinimum: onlyFor(isNumber, (number, { exclusiveMinimum }) => number > exclusiveMinimum),
  exclusiveMaximum: onlyFor(isNumber, (number, { exclusiveMaximum }) => number < exclusiveMaximum),
  minItems: onlyFor(isArray, (list, { minItems }) => list.length >= minItems),
  maxItems: onlyFor(isArray, (list, { maxItems }) => list.length <= maxItems),
  required: onlyFor(isObject, (object, { required }) => required.every((name) => Object.hasOwn(object, name))),
};

type Applicator = (value: unknown, schema: Present, at: string, root: object) => string[];

/** Keywords that apply other schemas to the value, or to its parts. */
const APPLICATORS: Readonly<Record<string, Applicator>> = {
  $ref: (value, { $ref }, at, root) => faultsIn(value, targetOf($ref, root), root, at),
  allOf: (value, { allOf }, at, root) => allOf.flatMap((schema) => faultsIn(value, schema, root, at)),
  anyOf: (value, { anyOf }, at, root) =>
    anyOf.some((schema) => isValid(value, schema, root)) ? [] : [`${at}: fits none of anyOf`],
  not: (value, { not }, at, root) => (isValid(value, not, root) ? [`${at}: fits what it must not`] : []),
  items: (value, { items }, at, root) =>
    isArray(value) ? value.flatMap((item, index) => faultsIn(item, items, root, `${at}/${index}`)) : [],
  properties: (value, { properties }, at, root) =>
    Object.entries(properties).flatMap(([name, schema]) =>
      isObject(value) && Object.hasOwn(value, name) ? faultsIn(value[name], schema, root, `${at}/${name}`) : [],
    ),
  propertyNames: (value, { propertyNames }, at, root) =>
    isObject(value) ? Object.keys(value).flatMap((name) => faultsIn(name, propertyNames, root, `${at}/${name}`)) : [],
  additionalProperties,
};

function additionalProperties(value: unknown, schema: Keywords, at: string, root: object): string[] {
  const { properties = {}, additionalProperties: wanted = true } = schema;
  const others = Object.entries(isObject(value) ? value : {}).filter(([name]) => !Object.hasOwn(properties, name));
  if (wanted === false) return others.map(([name]) => `${at}/${name}: is not known`);
  return others.flatMap(([name, other]) => faultsIn(other, wanted, root, `${at}/${name}`));
}

/** The schema that a reference such as `#/components/schemas/Order` names in the document. */
export const targetOf = (reference: string, root: object): Schema =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, name) => (isObject(node) ? node[name] : undefined), root) as Schema;

/**
 * What in the value breaks the schema, each with its place; none when it fits.
 * @param root the document that references point into
 * @throws Error at an unknown keyword
 */
export function faultsIn(value: unknown, schema: Schema, root: object, at = ''): string[] {
  if (schema === true) return [];
  const present = schema as Present;
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    const applicator = APPLICATORS[keyword];
    if (applicator) return applicator(value, present, at, root);
    const assertion = ASSERTIONS[keyword];
    if (!assertion) throw new Error(`the document uses the keyword ${keyword}, which is not known here`);
    if (assertion(value, present)) return [];
    return [`${at}: ${keyword} is ${JSON.stringify(wanted).slice(0, 60)}, not ${shown(value)}`];
  });
}

export const isValid = (value: unknown, schema: Schema, root: object): boolean =>
  faultsIn(value, schema, root).length === 0;

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 60);
