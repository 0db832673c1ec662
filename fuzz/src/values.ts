// @ts-nocheck
import fc from 'fast-check';
import { isValid, patternOf, targetOf } from './schema.js';

/** Values at the edge of a bound find more than those amid it. */
const AT_THE_EDGE = 0.35;
/** How often an optional field is there. */
const OPTIONAL = 0.4;
const TRIES = 40;
/** Texts of one pattern that are made at a time. */
const SAMPLES = 48;

/**
 * Text as it comes from people and from those who try things out. Those that do not fit a schema are left out of it.
 */
const TEXTS = [
  'Ada',
  'x',
  '7',
  '-',
  '李雷',
  'محمد',
  'José',
  'e\u0301',
  '\u{1F600}',
  '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
  '\u2764\uFE0F',
  'می\u200Cخواهم',
  ' Ada ',
  '\nAda\t',
  '\u00A0Ada',
  "O'Brien",
  "'; DROP TABLE orders; --",
  '<script>alert(1)</script>',
  '${jndi:ldap://x}',
  '{{7*7}}',
  '%s%n%x',
  '../../etc/passwd',
  'null',
  'true',
  'NaN',
  '__proto__',
  '\\',
  '"',
  '\u202Eabc',
];

/** Makes values that fit a schema, the same ones for the same random numbers. */
export class Values {
  #samples = new Map();

  /**
   * @param {object} root the document @param {import('@sluice/chaos/random').Random} random
   * @param {(name: string) => unknown} [hint] a likely value for a field, such as an id that exists; undefined for none
   */
  constructor(root, random, hint = () => undefined) {
    Object.assign(this, { root, random, hint });
  }

  /**
   * @param {import('./schema.js').Schema} schema
   * @param {string} [name] of the field
   * @returns {any} a value that fits
   */
  of(schema, name = '') {
    const hinted = this.hint(name);
    if (hinted !== undefined && isValid(hinted, schema, this.root)) return hinted;
    for (let tries = 0; tries < TRIES; tries++) {
      const value = this.#make(schema, name);
      if (isValid(value, schema, this.root)) return value;
    }
    throw new Error(`no value was found for ${name}: ${JSON.stringify(schema).slice(0, 200)}`);
  }

  #make(schema, name) {
    if (schema === true || Object.keys(schema).length === 0) return this.random.pick(TEXTS);
    if (schema.$ref) return this.#make(targetOf(schema.$ref, this.root), name);
    if ('const' in schema) return schema.const;
    if (schema.enum) return this.random.pick(schema.enum);
    if (schema.anyOf && !schema.type) return this.of(this.random.pick(schema.anyOf), name);
    const make = {
      object: () => this.#object(schema),
      array: () => this.#array(schema, name),
      string: () => this.#string(schema),
      integer: () => this.#integer(schema),
      number: () => this.#integer(schema),
      boolean: () => this.random.next() < 0.5,
    }[schema.type];
    if (!make) throw new Error(`no value can be made of ${JSON.stringify(schema).slice(0, 100)}`);
    return make();
  }

  #object({ properties = {}, required = [] }) {
    const names = Object.keys(properties).filter((name) => required.includes(name) || this.random.next() < OPTIONAL);
    return Object.fromEntries(names.map((name) => [name, this.of(properties[name], name)]));
  }

  #array({ items = true, minItems = 0, maxItems = 5 }, name) {
    const edge = this.random.next() < AT_THE_EDGE / 4;
    const length = edge
      ? this.random.pick([minItems, maxItems])
      : this.random.between(minItems, Math.min(maxItems, minItems + 2));
    return Array.from({ length }, () => this.of(items, name));
  }

  #integer({ minimum = -1_000, maximum = 1_000_000 }) {
    if (this.random.next() < AT_THE_EDGE) return this.random.pick([minimum, maximum, Math.min(minimum + 1, maximum)]);
    return this.random.between(minimum, Math.min(maximum, minimum + 10 ** this.random.between(0, 6)));
  }

  #string({ pattern, minLength = 0, maxLength = 100 }) {
    const all =
      this.random.next() < AT_THE_EDGE
        ? edgesOf(minLength, maxLength)
        : [...TEXTS, ...(pattern ? this.#samplesOf(pattern) : [])];
    const fitting = all.filter(
      (text) =>
        (!pattern || patternOf(pattern).test(text)) && [...text].length >= minLength && [...text].length <= maxLength,
    );
    return this.random.pick(fitting.length > 0 ? fitting : all);
  }

  /**
   * Of one pattern always the same ones, from its beginning on: what is drawn must not depend on what was drawn before.
   */
  #samplesOf(pattern) {
    if (!this.#samples.has(pattern)) this.#samples.set(pattern, samplesOf(withoutAssertions(pattern)));
    return this.#samples.get(pattern);
  }
}

/**
 * fast-check cannot make texts of every pattern: TEXTS has some that fit those of people's texts, and where none fits,
 * `of` fails.
 */
function samplesOf(pattern) {
  try {
    return fc.sample(fc.stringMatching(patternOf(pattern)), { seed: 1, numRuns: SAMPLES });
  } catch {
    return [];
  }
}

/** @param {number} least @param {number} most characters */
const edgesOf = (least, most) => [
  'x'.repeat(most),
  '\u{1F600}'.repeat(most),
  'x'.repeat(Math.max(1, least)),
  '\u{1F600}'.repeat(Math.max(1, least)),
  ` ${'x'.repeat(Math.max(1, most - 2))} `,
  '7'.repeat(most),
];

/** fast-check knows no lookaheads: texts are made without them and then chosen by the whole pattern. */
function withoutAssertions(pattern) {
  const begin = pattern.search(/\(\?[=!]/);
  if (begin < 0) return pattern;
  let depth = 0;
  let inClass = false;
  for (let at = begin; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0)
      return withoutAssertions(pattern.slice(0, begin) + pattern.slice(at + 1));
  }
  throw new Error(`a bracket is open in ${pattern}`);
}
