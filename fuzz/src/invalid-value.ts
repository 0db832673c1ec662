import type { Random } from '@sluice/chaos/random';
import { isObject } from './json.js';
import { isValid, targetOf, type Keywords, type Schema } from './schema.js';

const TRIES = 30;
/** How often a part of a value is altered and not the whole, and how often it keeps its type. */
const DEEPER = 0.6;
const SAME_TYPE = 0.75;

/** Characters that are none, cannot be seen, or end a line: added to a text that fits. */
const ODD = '\0|\uD800|\uDC00x|\n|\u2028|\u0085|\u001B[31m| |!|/|\u200B|é|\u{1F600}|４'.split('|');
const OTHER_TYPES = [null, true, 0, -1, 1.5, '', 'x', [], {}, [[]], { a: 1 }];
const UNKNOWN_FIELDS = ['role', 'id', 'userId', 'price', 'constructor', '$where', 'x y'];

/** A replacement, and what was done. */
type Change = readonly [value: unknown, how: string];

/**
 * A value that does not fit, made of one that does by a change in one place, at any depth.
 * @param root the document
 * @returns how: what was changed, with its place
 */
export function invalidValue(
  fitting: unknown,
  schema: Schema,
  root: object,
  random: Random,
): { value: unknown; how: string } {
  for (let tries = 0; tries < TRIES; tries++) {
    const [value, how] = changed(fitting, schema, root, random);
    if (!isValid(value, schema, root)) return { value, how };
  }
  return { value: [], how: 'a list' };
}

/** Goes down to a random place and changes what is there. */
function changed(value: unknown, given: Schema, root: object, random: Random): Change {
  const schema = alternativeOf(value, given, root);
  const parts = partsOf(value, schema);
  if (parts.length > 0 && random.next() < DEEPER) {
    const { name, part, schema: ofPart, replace } = random.pick(parts);
    const [replacement, how] = changed(part, ofPart, root, random);
    return [replace(replacement), `${name}: ${how}`];
  }
  const changes = changesOf(value, schema, random);
  return changes.length > 0 && random.next() < SAME_TYPE
    ? random.pick(changes)
    : [random.pick(OTHER_TYPES), 'another type'];
}

/** Follows references, and of several schemas takes one that fits. */
function alternativeOf(value: unknown, schema: Schema, root: object): Keywords {
  if (schema === true) return {};
  if (schema.$ref) return alternativeOf(value, targetOf(schema.$ref, root), root);
  const [first] = schema.anyOf ?? [];
  if (first === undefined || schema.type) return schema;
  return alternativeOf(value, schema.anyOf?.find((one) => isValid(value, one, root)) ?? first, root);
}

interface Part {
  readonly name: string | number;
  readonly part: unknown;
  readonly schema: Schema;
  /** The whole with another part. */
  readonly replace: (part: unknown) => unknown;
}

function partsOf(value: unknown, { properties = {}, items = true }: Keywords): Part[] {
  if (Array.isArray(value))
    return value.map((part: unknown, name) => ({
      name,
      part,
      schema: items,
      replace: (other) => value.with(name, other),
    }));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, part]) => {
    const schema = properties[name];
    return schema ? [{ name, part, schema, replace: (other: unknown) => ({ ...value, [name]: other }) }] : [];
  });
}

function changesOf(value: unknown, schema: Keywords, random: Random): Change[] {
  if (typeof value === 'string') return changedText(value, schema, random);
  if (typeof value === 'number') return changedNumber(value, schema);
  if (Array.isArray(value)) return changedList(value, schema);
  return isObject(value) ? changedObject(value, schema, random) : [];
}

const swapCase = (text: string): string => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase());

const changedText = (value: string, { maxLength = 0, minLength = 0 }: Keywords, random: Random): Change[] => [
  [value + random.pick(ODD), 'an odd character at its end'],
  [random.pick(ODD) + value, 'an odd character before it'],
  [swapCase(value), 'the other case'],
  ['', 'empty'],
  [' '.repeat(3), 'blank'],
  ['\u200B\u200B', 'invisible'],
  ['\uD83D'.repeat(8), 'halves of characters'],
  [value.slice(0, -1), 'too short'],
  [`${value}${value}`, 'twice'],
  ...(maxLength > 0 ? tooLong(maxLength) : []),
  ...(minLength > 1 ? tooShort(minLength) : []),
];

const tooLong = (most: number): Change[] => [
  ['x'.repeat(most + 1), 'one too long'],
  ['\u{1F600}'.repeat(most + 1), 'one too long in emoji'],
  [`${' '.repeat(most)}x`, 'blanks and one'],
];

const tooShort = (least: number): Change[] => [
  ['\u{1F600}'.repeat(least - 1), 'one too short in emoji'],
  ['x'.repeat(least - 1), 'one too short'],
];

const changedNumber = (value: number, { minimum = NaN, maximum = NaN }: Keywords): Change[] => [
  [minimum - 1, 'one too small'],
  [maximum + 1, 'one too large'],
  [value + 0.5, 'a fraction'],
  [String(value), 'a number as text'],
  [1e300, 'huge'],
  [-value - 1, 'negative'],
  [Number.MAX_SAFE_INTEGER + 1, 'no safe integer'],
];

const changedList = (value: unknown[], { minItems = 0, maxItems = 0 }: Keywords): Change[] => [
  ...(minItems > 0 ? [[value.slice(0, minItems - 1), 'too few'] as const] : []),
  ...(maxItems > 0 ? [[Array.from({ length: maxItems + 1 }, () => value[0]), 'too many'] as const] : []),
  [Object.fromEntries(value.entries()), 'a list as an object'],
  [[...value, null], 'null in a list'],
  [[value], 'a list in a list'],
];

function changedObject(value: Record<string, unknown>, { properties = {} }: Keywords, random: Random): Change[] {
  const names = Object.keys(value);
  const without = (name: string): object => Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  return [
    ...names.map((name): Change => [without(name), `without ${name}`]),
    ...names.map((name): Change => [{ ...without(name), [name.toUpperCase()]: value[name] }, `${name} in capitals`]),
    [{ ...value, [random.pick(UNKNOWN_FIELDS)]: 1 }, 'a field nobody asked for'],
    [[value], 'in a list'],
    [Object.fromEntries(Object.keys(properties).map((name) => [name, null])), 'null in every field'],
  ];
}
