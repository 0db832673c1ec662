import { prepared, type Statement } from './transaction.js';

/** Claims message ids, in order so that units never wait for each other in a circle; returns those that are new. */
export const insertIds = (ids: string[]): Statement =>
  prepared(
    'INSERT INTO inbox (id) SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id ON CONFLICT DO NOTHING RETURNING id',
    [ids],
  );

/** Gives up the claim on messages that have failed, so that their retry is not taken for a duplicate. */
export const deleteIds = (ids: string[]): Statement => prepared('DELETE FROM inbox WHERE id = ANY($1::uuid[])', [ids]);
