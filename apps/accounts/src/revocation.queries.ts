import { Injectable } from '@nestjs/common';
import type { Data, ListRevocations, Reply } from '@sluice/contracts';
import { databaseTime } from '@sluice/persistence';
import { Pool } from 'pg';
import { revocationOf, type RevocationRow } from './revocation.js';

/** Sorted by id, not by time: readers receive entries added to a page they have read as facts. */
const PAGE = `
  SELECT id, user_id AS "userId", token_id AS "tokenId", min_epoch AS "minEpoch", keep, expires_at AS "expiresAt"
  FROM revocations
  WHERE version > 0 AND expires_at > now()
    AND ($1::timestamptz IS NULL OR changed_at >= $1) AND ($2::uuid IS NULL OR id > $2)
  ORDER BY id LIMIT $3`;

type Row = Omit<RevocationRow, 'changedAt' | 'version'>;

/** Lists the tokens that gateways must refuse before their expiry. */
@Injectable()
export class RevocationQueries {
  constructor(private readonly pool: Pool) {}

  async page({ changedSince, cursor, limit }: Data<typeof ListRevocations>): Promise<Reply<typeof ListRevocations>> {
    const at = (await databaseTime(this.pool)).toISOString();
    const { rows } = await this.pool.query<Row>(PAGE, [changedSince ?? null, cursor ?? null, limit]);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { items: rows.map(revocationOf), ...(last && { next: last.id }), at };
  }
}
