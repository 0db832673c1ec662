import type { Random } from '@sluice/chaos/random';
import fc from 'fast-check';
import { isValid, lengthOf, patternOf, targetOf, type Keywords, type Schema } from './schema.js';

/** How often a value is at the edge of a bound: those find more than values amid it. */
const AT_THE_EDGE = 0.35;
/** How often an optional field is there. */
const OPTIONAL = 0.4;
const TRIES = 40;
/** Texts of one pattern that are generated at a time. */
const SAMPLES = 48;

/** Text as people and attackers enter it; a schema is given only those of them that fit. */
const TEXTS = [
  ...['Ada', 'x', '7', '-', '李雷', 'محمد', 'José', 'e\u0301', '\u{1F600}', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'],
  ...['\u2764\uFE0F', 'می\u200Cخواهم', ' Ada ', '\nAda\t', '\u00A0Ada', "O'Brien", "'; DROP TABLE orders; --"],
  ...['<script>alert(1)</script>', '${jndi:ldap://x}', '{{7*7}}', '%s%n%x', '../../etc/passwd', 'null', 'true', 'NaN'],
  ...['__proto__', '\\', '"', '\u202Eabc'],
];

/** Generates values that fit a schema, the same ones for the same random numbers. */
export class ValueGenerator {
  readonly #samples = new Map<string, string[]>();

  /**
   * @param root the document
   * @param likely a likely value for a field of this name, such as an id that exists; undefined for none
   */
  constructor(
    private readonly root: object,
    private readonly random: Random,
    private readonly likely: (name: string) => unknown = () => undefined,
  ) {}

  /**
   * A value that fits.
   * @param name of the field
   */
  valueFor(schema: Schema, name = ''): unknown {
    const likely = this.likely(name);
    if (likely !== undefined && isValid(likely, schema, this.root)) return likely;
    for (let tries = 0; tries < TRIES; tries++) {
      const value = this.#generate(schema, name);
      if (isValid(value, schema, this.root)) return value;
    }
    throw new Error(`no value was found for ${name}: ${JSON.stringify(schema).slice(0, 200)}`);
  }

  #generate(schema: Schema, name: string): unknown {
    if (schema === true || Object.keys(schema).length === 0) return this.random.pick(TEXTS);
    if (schema.$ref) return this.#generate(targetOf(schema.$ref, this.root), name);
    if ('const' in schema) return schema.const;
    if (schema.enum) return this.random.pick(schema.enum);
    if (schema.anyOf && !schema.type) return this.valueFor(this.random.pick(schema.anyOf), name);
    return this.#ofType(schema, name);
  }

  #ofType(schema: Keywords, name: string): unknown {
    switch (schema.type) {
      case 'object':
        return this.#object(schema);
      case 'array':
        return this.#array(schema, name);
      case 'string':
        return this.#string(schema);
      case 'integer':
      case 'number':
        return this.#integer(schema);
      case 'null':
        return null;
      case 'boolean':
        return this.random.next() < 0.5;
      case undefined:
      default:
        throw new Error(`no value can be made of ${JSON.stringify(schema).slice(0, 100)}`);
    }
  }

  #object({ properties = {}, required = [] }: Keywords): Record<string, unknown> {
    const present = Object.entries(properties).filter(
      ([name]) => required.includes(name) || this.random.next() < OPTIONAL,
    );
    return Object.fromEntries(present.map(([name, schema]) => [name, this.valueFor(schema, name)]));
  }

  #array({ items = true, minItems = 0, maxItems = 5 }: Keywords, name: string): unknown[] {
    const length =
      this.random.next() < AT_THE_EDGE / 4
        ? this.random.pick([minItems, maxItems])
        : this.random.between(minItems, Math.min(maxItems, minItems + 2));
    return Array.from({ length }, () => this.valueFor(items, name));
  }

  #integer({ minimum = -1_000, maximum = 1_000_000 }: Keywords): number {
    if (this.random.next() < AT_THE_EDGE) return this.random.pick([minimum, maximum, Math.min(minimum + 1, maximum)]);
    return this.random.between(minimum, Math.min(maximum, minimum + 10 ** this.random.between(0, 6)));
  }

  #string({ pattern, minLength = 0, maxLength = 100 }: Keywords): string {
    const texts =
      this.random.next() < AT_THE_EDGE
        ? textsOfLength(minLength, maxLength)
        : [...TEXTS, ...(pattern ? this.#samplesOf(pattern) : [])];
    const fitting = texts.filter(
      (text) =>
        (!pattern || patternOf(pattern).test(text)) && lengthOf(text) >= minLength && lengthOf(text) <= maxLength,
    );
    return this.random.pick(fitting.length > 0 ? fitting : texts);
  }

  /** The same ones for a pattern at every call: what is drawn must not depend on what was drawn before. */
  #samplesOf(pattern: string): string[] {
    const samples = this.#samples.get(pattern) ?? samplesOf(withoutLookaheads(pattern));
    this.#samples.set(pattern, samples);
    return samples;
  }
}

/**
 * fast-check cannot generate texts of every pattern: TEXTS has some that fit the patterns of people's texts, and where
 * none fits, `valueFor` throws.
 */
function samplesOf(pattern: string): string[] {
  try {
    return fc.sample(fc.stringMatching(patternOf(pattern)), { seed: 1, numRuns: SAMPLES });
  } catch {
    return [];
  }
}

/** Texts of exactly the least and the most characters. */
function textsOfLength(least: number, most: number): string[] {
  const [short, padded] = [Math.max(1, least), Math.max(1, most - 2)];
  return [
    ...['x'.repeat(most), '\u{1F600}'.repeat(most), 'x'.repeat(short), '\u{1F600}'.repeat(short)],
    ...[` ${'x'.repeat(padded)} `, '7'.repeat(most)],
  ];
}

/** fast-check supports no lookaheads: texts are generated without them and then filtered by the whole pattern. */
function withoutLookaheads(pattern: string): string {
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
      return withoutLookaheads(pattern.slice(0, begin) + pattern.slice(at + 1));
  }
  throw new Error(`a bracket is open in ${pattern}`);
}
