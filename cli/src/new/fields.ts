import type { Contract } from '@sluice/contracts';

/** The names of a message's fields; none when its data is no object. */
export const fieldsOf = ({ schema }: Contract): string[] =>
  'shape' in schema ? Object.keys(schema.shape as Record<string, unknown>) : [];
