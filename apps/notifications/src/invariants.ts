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
  /** A longer outage of the provider is reported here too. A text that waits for an unknown number is not due. */
  {
    name: 'texts_sent',
    sql: `
      SELECT id FROM texts WHERE version > 0 AND created_at < now() - interval '15 minutes'
        AND (asked_at IS NOT NULL
          OR EXISTS (SELECT FROM recipients WHERE recipients.user_id = texts.user_id AND phone IS NOT NULL))
        AND NOT EXISTS (SELECT FROM deliveries WHERE deliveries.id = texts.id AND deliveries.version > 0)`,
  },
  {
    // The numbers of an inbox have no gap: a reader that has received one has received all before it.
    name: 'inbox_entries_numbered',
    sql: `
      SELECT user_id AS id FROM recipients
      FULL JOIN (
        SELECT user_id, count(*) AS entries, max(sequence) AS newest FROM deliveries
        WHERE sequence IS NOT NULL GROUP BY user_id
      ) AS found USING (user_id)
      WHERE coalesce(recipients.entries, 0) <> coalesce(found.entries, 0)
        OR coalesce(recipients.entries, 0) <> coalesce(found.newest, 0)`,
  },
  {
    name: 'watches_counted',
    sql: `
      SELECT user_id AS id FROM recipients
      FULL JOIN (SELECT user_id, count(*) AS watches FROM watches WHERE watching GROUP BY user_id) AS found USING (user_id)
      WHERE coalesce(recipients.watches, 0) <> coalesce(found.watches, 0)`,
  },
];

/**
 * Records of this service per order, one row each, by ascending id. `npm run audit` compares them across services
 * (audit/src/rules.ts).
 */
export const ORDER_ROWS = [
  {
    name: 'announced',
    counts: 'announced orders',
    sql: `
      SELECT about::text AS id, count(*) FILTER (WHERE channel = 'sms')::int AS sms,
        count(*) FILTER (WHERE channel = 'inbox')::int AS inbox
      FROM (
        SELECT substr(about, 8)::uuid AS about, channel FROM deliveries WHERE version > 0 AND about LIKE 'orders/%'
        UNION ALL
        SELECT substr(about, 8)::uuid, 'sms' FROM texts WHERE asked_at IS NULL AND version > 0 AND about LIKE 'orders/%'
        UNION ALL -- waiting texts of processes of the version before
        SELECT substr(notice->>'about', 8)::uuid, 'sms' FROM recipients, jsonb_array_elements(waiting) AS notice
        WHERE notice->>'about' LIKE 'orders/%'
      ) AS notices GROUP BY notices.about ORDER BY notices.about`,
  },
];
