import type { Invariant } from '@sluice/service-kit';

/**
 * Invariants that read every delivery ever made: for `npm run audit`, not for every scrape. The audit counts
 * notifications about orders against the facts; the rest is codes.
 */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'codes_sent_once',

    sql: `SELECT user_id || '/' || channel AS id FROM deliveries WHERE version > 0 AND about = 'verification'
      GROUP BY user_id, channel, text HAVING count(*) > 1`,
  },
  /** A longer outage of the provider is reported here too. */
  {
    name: 'texts_sent',
    sql: `
      SELECT id FROM texts WHERE version > 0 AND created_at < now() - interval '15 minutes'
        AND NOT EXISTS (SELECT FROM deliveries WHERE deliveries.id = texts.id AND deliveries.version > 0)`,
  },
];
