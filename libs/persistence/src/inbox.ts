import { prepared, type Claim, type Statement } from './transaction.js';

/** Inserts message ids; `claimed` are the new ones. Sorted, so that concurrent units of work cannot deadlock. */
export const claimIds = (ids: readonly string[]): Claim => ({
  cte: `claimed AS (INSERT INTO inbox (id)
    SELECT id FROM unnest($2::uuid[]) AS id ORDER BY id ON CONFLICT DO NOTHING RETURNING id)`,
  shown: 'ARRAY(SELECT id FROM claimed) AS claimed',
  value: ids,
});

/** Deletes the ids of failed messages, so that their retry is not treated as a duplicate. */
export const deleteIds = (ids: string[]): Statement => prepared('DELETE FROM inbox WHERE id = ANY($1::uuid[])', [ids]);
