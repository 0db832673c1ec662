// @ts-nocheck
import { faultsIn, targetOf } from './schema.js';

const TRIES = 30;

/** Characters that are none, cannot be seen, or end a line: appended to a text that fits. */
const ODD = [
  '\0',
  '\uD800',
  '\uDC00x',
  '\n',
  '\u2028',
  '\u0085',
  '\u001B[31m',
  ' ',
  '!',
  '/',
  '\u200B',
  'é',
  '\u{1F600}',
  '４',
];
const OTHER_TYPES = [null, true, 0, -1, 1.5, '', 'x', [], {}, [[]], { a: 1 }];

const without = (object, name) => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
const swapCase = (text) => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase());

/** Ways to break a text, a number, a list, an object; each gives the value and what was done to it. */
const BREAKS = {
  string: (value, { maxLength, minLength }, random) => [
    [value + random.pick(ODD), 'an odd character at its end'],
    [random.pick(ODD) + value, 'an odd character before it'],
    [swapCase(value), 'the other case'],
    ['', 'empty'],
    [' '.repeat(3), 'blank'],
    ['\u200B\u200B', 'invisible'],
    ['\uD83D'.repeat(8), 'halves of characters'],
    [value.slice(0, -1), 'too short'],
    [`${value}${value}`, 'twice'],
    ...(maxLength
      ? [
          ['x'.repeat(maxLength + 1), 'one too long'],
          ['\u{1F600}'.repeat(maxLength + 1), 'one too long in emoji'],
          [`${' '.repeat(maxLength)}x`, 'blanks and one'],
        ]
      : []),
    ...(minLength > 1
      ? [
          ['\u{1F600}'.repeat(minLength - 1), 'one too short in emoji'],
          ['x'.repeat(minLength - 1), 'one too short'],
        ]
      : []),
  ],
  integer: (value, { minimum, maximum }) => [
    [minimum - 1, 'one too small'],
    [maximum + 1, 'one too large'],
    [value + 0.5, 'a fraction'],
    [String(value), 'a number as text'],
    [1e300, 'huge'],
    [-value - 1, 'negative'],
    [Number.MAX_SAFE_INTEGER + 1, 'no safe integer'],
  ],
  array: (value, { minItems = 0, maxItems = 0 }) => [
    ...(minItems > 0 ? [[value.slice(0, minItems - 1), 'too few']] : []),
    ...(maxItems > 0 ? [[Array.from({ length: maxItems + 1 }, () => value[0]), 'too many']] : []),
    [Object.fromEntries(value.entries()), 'a list as an object'],
    [[...value, null], 'null in a list'],
    [[value], 'a list in a list'],
  ],
  object: (value, { properties = {} }, random) => [
    ...Object.keys(value).map((name) => [without(value, name), `without ${name}`]),
    ...Object.keys(value).map((name) => [
      { ...without(value, name), [name.toUpperCase()]: value[name] },
      `${name} in capitals`,
    ]),
    [
      { ...value, [random.pick(['role', 'id', 'userId', 'price', 'constructor', '$where', 'x y'])]: 1 },
      'a field nobody asked for',
    ],
    [[value], 'in a list'],
    [Object.fromEntries(Object.keys(properties).map((name) => [name, null])), 'null in every field'],
  ],
};

/**
 * A value that does not fit, made of one that does: broken in one place, anywhere in it.
 * @param {any} value that fits @param {import('./schema.js').Schema} schema @param {object} root the document
 * @param {import('@sluice/chaos/random').Random} random
 * @returns {{ value: any, how: string }} how: with its place
 */
export function broken(value, schema, root, random) {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = breakOnce(value, schema, root, random);
    if (faultsIn(found.value, schema, root).length > 0) return found;
  }
  return { value: [], how: 'a list' };
}

/** Goes down to a random place and breaks what is there. */
function breakOnce(value, given, root, random) {
  const schema = alternativeOf(value, given, root);
  const children = childrenOf(value, schema);
  if (children.length > 0 && random.next() < 0.6) {
    const [name, child] = random.pick(children);
    const inner = breakOnce(value[name], child, root, random);
    return { value: replaced(value, name, inner.value), how: `${name}: ${inner.how}` };
  }
  const ways = BREAKS[kindOf(value)]?.(value, schema, random) ?? [];
  const [replacement, how] =
    ways.length > 0 && random.next() < 0.75 ? random.pick(ways) : [random.pick(OTHER_TYPES), 'another type'];
  return { value: replacement, how };
}

/** Follows references, and of several schemas takes one that fits. */
function alternativeOf(value, schema, root) {
  if (schema.$ref) return alternativeOf(value, targetOf(schema.$ref, root), root);
  if (!schema.anyOf || schema.type) return schema;
  const fitting = schema.anyOf.find((one) => faultsIn(value, one, root).length === 0);
  return alternativeOf(value, fitting ?? schema.anyOf[0], root);
}

function childrenOf(value, { properties = {}, items = true }) {
  if (Array.isArray(value)) return value.map((_, index) => [index, items]);
  return kindOf(value) === 'object'
    ? Object.keys(value).flatMap((name) => (properties[name] ? [[name, properties[name]]] : []))
    : [];
}

const kindOf = (value) =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'number' ? 'integer' : typeof value;

function replaced(value, name, part) {
  if (Array.isArray(value)) return value.map((item, index) => (index === name ? part : item));
  return { ...value, [name]: part };
}
