import { z } from 'zod';

/** Printed as nothing, although Unicode counts it a symbol: BRAILLE PATTERN BLANK. */
const BLANK = '\\u2800';
/** Something that a reader sees: a letter, digit, mark of punctuation or symbol that is not invisible by itself (Unicode, DerivedCoreProperties). */
const VISIBLE = new RegExp(`(?![\\p{Default_Ignorable_Code_Point}${BLANK}])[\\p{L}\\p{N}\\p{P}\\p{S}]`, 'u');
/** Control characters and line breaks: in a name they forge lines of labels, messages and files. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const HALF_CHARACTER = /\p{Surrogate}/u;

/** UTF-8 and PostgreSQL have no half of a surrogate pair: it would be replaced, and texts that differ would be one. */
export const isWellFormed = (value: string): boolean => !HALF_CHARACTER.test(value);
export const isVisible = (value: string): boolean => VISIBLE.test(value);

/**
 * Text that is kept. PostgreSQL stores no NUL and no half of a surrogate pair; without the check such a text would fail only
 * after it was accepted.
 * One fault is named at a time.
 * @param max characters, as JSON Schema counts them: an emoji is one
 */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1, { abort: true })
    .refine((value) => value.length <= max || [...value].length <= max, { error: `has more than ${max} characters`, abort: true })
    .refine((value) => isWellFormed(value) && !value.includes('\0'), { error: 'contains characters that are no text', abort: true })
    .meta({ maxLength: max });

/** Text from people, as it is taken from outside: something is to be seen, and no control character is in it. */
export const visibleText = (max: number) =>
  text(max)
    .refine((value) => !CONTROL.test(value), { error: 'contains control characters or line breaks', abort: true })
    .refine(isVisible, 'shows nothing');
