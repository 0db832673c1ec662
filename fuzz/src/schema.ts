// @ts-nocheck
/**
 * JSON Schema (draft 2020-12), as far as the OpenAPI document uses it. Duplicated on purpose: what checks the answers
 * and makes
 * the requests must not reuse zod, which made the document. A keyword that is not here is an error, so that nothing is
 * passed over.
 * @typedef {Record<string, any>} Schema
 */

/** Notes for readers, and what `pattern` says already. */
const ANNOTATIONS = new Set(['description', 'title', 'default', 'examples', 'format', 'deprecated', '$comment']);

/** Lengths count characters, not UTF-16 units (JSON Schema Validation, section 6.3). */
const lengthOf = (text) => [...text].length;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const TYPES = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  array: Array.isArray,
  object: isObject,
};

const patterns = new Map();

/** @param {string} pattern @returns {RegExp} as JSON Schema reads it: with Unicode */
export function patternOf(pattern) {
  if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern, 'u'));
  return patterns.get(pattern);
}

const onlyOf = (applies, holds) => (value, wanted) => !applies(value) || holds(value, wanted);
const ofString = (holds) => onlyOf(TYPES.string, holds);
const ofNumber = (holds) => onlyOf(TYPES.number, holds);
const ofArray = (holds) => onlyOf(TYPES.array, holds);

/** Keywords that look at a value alone. */
const ASSERTIONS = {
  type: (value, wanted) => [wanted].flat().some((type) => TYPES[type](value)),
  const: (value, wanted) => JSON.stringify(value) === JSON.stringify(wanted),
  enum: (value, wanted) => wanted.some((one) => JSON.stringify(one) === JSON.stringify(value)),
  pattern: ofString((value, wanted) => patternOf(wanted).test(value)),
  minLength: ofString((value, wanted) => lengthOf(value) >= wanted),
  maxLength: ofString((value, wanted) => lengthOf(value) <= wanted),
  minimum: ofNumber((value, wanted) => value >= wanted),
  maximum: ofNumber((value, wanted) => value <= wanted),
  exclusiveMinimum: ofNumber((value, wanted) => value > wanted),
  exclusiveMaximum: ofNumber((value, wanted) => value < wanted),
  minItems: ofArray((value, wanted) => value.length >= wanted),
  maxItems: ofArray((value, wanted) => value.length <= wanted),
  required: onlyOf(isObject, (value, wanted) => wanted.every((name) => Object.hasOwn(value, name))),
};

/** Keywords that hand parts of a value, or all of it, to other schemas. Each gives faults. */
const APPLICATORS = {
  $ref: (value, { $ref }, at, root) => faultsIn(value, targetOf($ref, root), root, at),
  allOf: (value, { allOf }, at, root) => allOf.flatMap((schema) => faultsIn(value, schema, root, at)),
  anyOf: (value, { anyOf }, at, root) =>
    anyOf.some((schema) => isValid(value, schema, root)) ? [] : [`${at}: fits none of anyOf`],
  not: (value, { not }, at, root) => (isValid(value, not, root) ? [`${at}: fits what it must not`] : []),
  items: (value, { items }, at, root) =>
    Array.isArray(value) ? value.flatMap((item, index) => faultsIn(item, items, root, `${at}/${index}`)) : [],
  properties: (value, { properties }, at, root) =>
    isObject(value)
      ? Object.keys(properties)
          .filter((name) => Object.hasOwn(value, name))
          .flatMap((name) => faultsIn(value[name], properties[name], root, `${at}/${name}`))
      : [],
  propertyNames: (value, { propertyNames }, at, root) =>
    isObject(value) ? Object.keys(value).flatMap((name) => faultsIn(name, propertyNames, root, `${at}/${name}`)) : [],
  additionalProperties(value, { properties = {}, additionalProperties }, at, root) {
    const others = isObject(value) ? Object.keys(value).filter((name) => !Object.hasOwn(properties, name)) : [];
    if (additionalProperties === false) return others.map((name) => `${at}/${name}: is not known`);
    return others.flatMap((name) => faultsIn(value[name], additionalProperties, root, `${at}/${name}`));
  },
};

/**
 * @param {string} reference such as `#/components/schemas/Order`
 * @param {object} root the document
 * @returns {Schema}
 */
export const targetOf = (reference, root) =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .reduce((node, name) => node[name], root);

/**
 * @param {unknown} value @param {Schema | boolean} schema @param {object} root the document that references point into
 * @returns {string[]} what in the value breaks the schema, each with its place; none when it fits
 * @throws Error at a keyword that is not known here
 */
export function faultsIn(value, schema, root, at = '') {
  if (schema === true) return [];
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    if (APPLICATORS[keyword]) return APPLICATORS[keyword](value, schema, at, root);
    if (!ASSERTIONS[keyword]) throw new Error(`the document uses the keyword ${keyword}, which is not known here`);
    return ASSERTIONS[keyword](value, wanted)
      ? []
      : [`${at}: ${keyword} is ${JSON.stringify(wanted).slice(0, 60)}, not ${shown(value)}`];
  });
}

export const isValid = (value, schema, root) => faultsIn(value, schema, root).length === 0;

const shown = (value) => (JSON.stringify(value) ?? 'absent').slice(0, 60);
