import { prepared, type Statement } from './transaction.js';

/** Inserts message ids and returns the new ones. Sorted, so that concurrent units of work cannot deadlock. */
export const insertIds = (ids: string[]): Statement =>
  prepared(
    'INSERT INTO inbox (id) SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id ON CONFLICT DO NOTHING RETURNING id',
    [ids],
  );

/** Deletes the ids of failed messages, so that their retry is not treated as a duplicate. */
export const deleteIds = (ids: string[]): Statement => prepared('DELETE FROM inbox WHERE id = ANY($1::uuid[])', [ids]);
