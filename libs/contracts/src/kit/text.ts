import { z } from 'zod';
import { ACCEPTED } from './accepted.js';

/** BRAILLE PATTERN BLANK: Unicode counts it as a symbol, but it is printed as empty space. */
const BLANK = '\\u2800';
/**
 * A character that a reader can see: a letter, digit, punctuation mark or symbol that is not invisible by itself
 * (Unicode, DerivedCoreProperties).
 */
const VISIBLE_CHARACTER = `(?![\\p{Default_Ignorable_Code_Point}${BLANK}])[\\p{L}\\p{N}\\p{P}\\p{S}]`;
const VISIBLE = new RegExp(VISIBLE_CHARACTER, 'u');
/** Control characters and line breaks: inside a name they could forge lines of labels, messages and files. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const HALF_CHARACTER = /\p{Surrogate}/u;

/**
 * False for a lone surrogate. UTF-8 and PostgreSQL cannot represent it: it would be replaced, and different texts
 * would become equal.
 */
export const isWellFormed = (value: string): boolean => !HALF_CHARACTER.test(value);
/** Lookahead of a pattern: the text contains at least one visible character. */
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
 * Text that is stored. PostgreSQL stores no NUL and no lone surrogate; without this check such a text would be
 * accepted and then fail in the database. Only the first fault is reported.
 * @param max characters, including the surrounding blanks that are trimmed
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

/** Text from people, as requests contain it: at least one visible character, and no control characters. */
export const visibleText = (max: number) =>
  text(max)
    .refine((value) => !CONTROL.test(value), { error: 'contains control characters or line breaks', abort: true })
    .refine(isVisible, 'shows nothing')
    .register(ACCEPTED, { pattern: `^${SEEN}\\s*[^\\p{Cc}\\p{Zl}\\p{Zp}\\p{Surrogate}]+\\s*$` });

/**
 * Secret from people: it is not trimmed, and malformed Unicode is refused before any comparison. Bounds are in
 * characters.
 */
export const secretText = (min: number, max: number) =>
  z
    .string()
    .refine(hasAtLeast(min), { error: `has less than ${min} characters`, abort: true })
    .refine(hasAtMost(max), { error: `has more than ${max} characters`, abort: true })
    .refine(isWellFormed, { error: 'contains characters that are no text', abort: true })
    .meta({ minLength: min, maxLength: max });

/** JSON Schema patterns of a secret. `seen`: at least one character is visible. */
export const SECRET = { any: '^[^\\p{Surrogate}]*$', seen: `^${SEEN}[^\\p{Surrogate}]*$` };
