import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../kit/json-schema.js';

interface Options {
  /** Count a field that the reader would silently ignore as a misfit: its effect would be lost. */
  mustBeUnderstood?: boolean;
}

/**
 * Reasons why a value written by one schema may not be readable by another; empty when the reader accepts everything
 * that the writer allows. Each reason begins with the path. Rules that cannot be compared count as a misfit unless
 * they are equal.
 */
export function misfits(writer: JsonSchema, reader: JsonSchema, options: Options = {}, at = ''): string[] {
  if (isDeepStrictEqual(writer, reader) || takesAnything(reader)) return [];
  if (writer.anyOf) return writer.anyOf.flatMap((one) => misfits(one, reader, options, at));
  if (reader.anyOf)
    return reader.anyOf.some((one) => misfits(writer, one, options, at).length === 0)
      ? []
      : [misfit(at, 'fits none of the alternatives that are read')];
  const wrongType = typeMisfit(writer, reader);
  if (wrongType) return [misfit(at, wrongType)];
  return [
    ...[
      valueMisfit(writer, reader),
      ...boundMisfits(writer, reader),
      ...textMisfits(writer, reader),
      defaultMisfit(writer, reader, options),
    ].flatMap((why) => (why ? [misfit(at, why)] : [])),
    ...objectMisfits(writer, reader, options, at),
    ...(writer.items && reader.items ? misfits(writer.items, reader.items, options, `${at}[]`) : []),
  ];
}

const takesAnything = (reader: JsonSchema): boolean => Object.keys(reader).every((rule) => rule === 'description');

const misfit = (at: string, why: string): string => (at === '' ? `it ${why}` : `"${at}" ${why}`);
const inside = (at: string, field: string): string => (at === '' ? field : `${at}.${field}`);

function typeMisfit({ type: written }: JsonSchema, { type: read }: JsonSchema): string | undefined {
  if (read === undefined || written === read || (written === 'integer' && read === 'number')) return undefined;
  return `is written as ${written ?? 'anything'} and read as ${read}`;
}

const valuesOf = (schema: JsonSchema): readonly unknown[] | undefined =>
  schema.enum ?? ('const' in schema ? [schema.const] : undefined);

function valueMisfit(writer: JsonSchema, reader: JsonSchema): string | undefined {
  const [written, read] = [valuesOf(writer), valuesOf(reader)];
  if (!read) return undefined;
  if (!written) return `may be any value, and is read as one of ${read.join(', ')}`;
  const unknown = written.filter((value) => !read.includes(value));
  return unknown.length > 0 ? `may be ${unknown.join(', ')}, which its reader does not know` : undefined;
}

const LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const;
const MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const;

function boundMisfits(writer: JsonSchema, reader: JsonSchema): string[] {
  const loose = [
    ...LEAST.filter((bound) => reader[bound] !== undefined && !((writer[bound] ?? -Infinity) >= reader[bound])),
    ...MOST.filter((bound) => reader[bound] !== undefined && !((writer[bound] ?? Infinity) <= reader[bound])),
  ];
  return loose.map(
    (bound) => `is written with ${bound} ${writer[bound] ?? 'open'} and read with ${bound} ${reader[bound]}`,
  );
}

/** Whether one pattern allows everything that another allows is not decidable here, so they must be equal. */
function textMisfits(writer: JsonSchema, reader: JsonSchema): string[] {
  const differing = (['format', 'pattern'] as const).filter(
    (rule) => reader[rule] !== undefined && reader[rule] !== writer[rule],
  );
  return differing.map(
    (rule) => `is written with ${rule} ${writer[rule] ?? 'open'} and read with ${rule} ${reader[rule]}`,
  );
}

/** A sender that omits a field relies on the default that the field had when the sender was written. */
const defaultMisfit = (writer: JsonSchema, reader: JsonSchema, { mustBeUnderstood }: Options): string | undefined =>
  mustBeUnderstood && writer.default !== undefined && !isDeepStrictEqual(writer.default, reader.default)
    ? `meant ${String(writer.default)} when absent, and now means ${String(reader.default)}`
    : undefined;

function objectMisfits(writer: JsonSchema, reader: JsonSchema, options: Options, at: string): string[] {
  const [written, read] = [writer.properties ?? {}, reader.properties ?? {}];
  const missing = (reader.required ?? []).filter((field) => !writer.required?.includes(field));
  return [
    ...missing.map((field) => misfit(inside(at, field), 'may be absent, and its reader requires it')),
    ...Object.entries(written).flatMap(([field, schema]) =>
      fieldMisfits(schema, read[field] ?? reader.additionalProperties, options, inside(at, field)),
    ),
    ...restMisfits(writer, reader, options, at),
  ];
}

function fieldMisfits(
  writer: JsonSchema,
  reader: JsonSchema | boolean | undefined,
  options: Options,
  at: string,
): string[] {
  if (typeof reader === 'object') return misfits(writer, reader, options, at);
  if (reader === false) return [misfit(at, 'may be there, and its reader refuses fields that it does not know')];
  return options.mustBeUnderstood ? [misfit(at, 'may be there, and its reader does not know it')] : [];
}

/** The additional fields of a schema, such as the entries of a record. */
function restMisfits(
  { additionalProperties: written, propertyNames: names }: JsonSchema,
  { additionalProperties: read, propertyNames: readNames }: JsonSchema,
  options: Options,
  at: string,
): string[] {
  const keys = readNames ? misfits(names ?? {}, readNames, options, inside(at, '<key>')) : [];
  return typeof written === 'object' ? [...keys, ...fieldMisfits(written, read, options, inside(at, '*'))] : keys;
}
