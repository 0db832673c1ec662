import { z } from 'zod';
import { ACCEPTED } from './accepted.js';

/** Printed as nothing, although Unicode counts it a symbol: BRAILLE PATTERN BLANK. */
const BLANK = '\\u2800';
/** Something that a reader sees: a letter, digit, mark of punctuation or symbol that is not invisible by itself (Unicode, DerivedCoreProperties). */
const VISIBLE_CHARACTER = `(?![\\p{Default_Ignorable_Code_Point}${BLANK}])[\\p{L}\\p{N}\\p{P}\\p{S}]`;
const VISIBLE = new RegExp(VISIBLE_CHARACTER, 'u');
/** Control characters and line breaks: in a name they forge lines of labels, messages and files. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const HALF_CHARACTER = /\p{Surrogate}/u;

/** UTF-8 and PostgreSQL have no half of a surrogate pair: it would be replaced, and texts that differ would be one. */
export const isWellFormed = (value: string): boolean => !HALF_CHARACTER.test(value);
/** Of a pattern: a character that is seen stands somewhere in the text. */
const SEEN = `(?=[\\s\\S]*${VISIBLE_CHARACTER})`;
export const isVisible = (value: string): boolean => VISIBLE.test(value);

/** Characters as JSON Schema counts them: an emoji is one. */
export const hasAtMost =
  (max: number) =>
  (value: string): boolean =>
    value.length <= max || [...value].length <= max;
export const hasAtLeast =
  (min: number) =>
  (value: string): boolean =>
    [...value].length >= min;

/**
 * Text that is kept. PostgreSQL stores no NUL and no half of a surrogate pair; without the check such a text would fail only
 * after it was accepted.
 * One fault is named at a time.
 * @param max characters, with the blanks around them that are taken away
 */
export const text = (max: number) =>
  z
    .string()
    .refine(hasAtMost(max), { error: `has more than ${max} characters`, abort: true })
    .trim()
    .min(1, { abort: true })
    .refine((value) => isWellFormed(value) && !value.includes('\0'), {
      error: 'contains characters that are no text',
      abort: true,
    })
    .meta({ maxLength: max });

/** Text from people, as it is taken from outside: something is to be seen, and no control character is in it. */
export const visibleText = (max: number) =>
  text(max)
    .refine((value) => !CONTROL.test(value), { error: 'contains control characters or line breaks', abort: true })
    .refine(isVisible, 'shows nothing')
    .register(ACCEPTED, { pattern: `^${SEEN}\\s*[^\\p{Cc}\\p{Zl}\\p{Zp}\\p{Surrogate}]+\\s*$` });

/** A secret from people: nothing is taken away, and what is no text is not compared. Bounds are characters. */
export const secretText = (min: number, max: number) =>
  z
    .string()
    .refine(hasAtLeast(min), { error: `has less than ${min} characters`, abort: true })
    .refine(hasAtMost(max), { error: `has more than ${max} characters`, abort: true })
    .refine(isWellFormed, { error: 'contains characters that are no text', abort: true })
    .meta({ minLength: min, maxLength: max });

/** What a secret looks like in a pattern. `seen`: something of it is visible. */
export const SECRET = { any: '^[^\\p{Surrogate}]*$', seen: `^${SEEN}[^\\p{Surrogate}]*$` };
