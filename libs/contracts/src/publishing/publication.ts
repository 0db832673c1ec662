import { jsonSchemaOf, type JsonSchema } from '../kit/json-schema.js';
import type { Contract } from '../kit/message.js';

/** The part of one message version that others rely on. Stored as a file, and compared with the present contract. */
export interface Publication {
  readonly type: string;
  readonly version: number;
  readonly kind: Contract['kind'];
  readonly data: JsonSchema;
  readonly answer?: JsonSchema;
}

export const publicationOf = ({ type, version, kind, schema, reply }: Contract): Publication => ({
  type,
  version,
  kind,
  data: jsonSchemaOf(schema),
  ...(reply && { answer: jsonSchemaOf(reply) }),
});

/** File name of a publication: one file for each type and version. */
export const fileOf = ({ type, version }: Pick<Publication, 'type' | 'version'>): string => `${type}.v${version}.json`;

export const sameAs =
  (one: Publication) =>
  (other: Publication): boolean =>
    other.type === one.type && other.version === one.version;
