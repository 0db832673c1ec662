import { OutsideUrl, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const NotificationsConfig = z.object({
  /** Who sends text messages; unset: they are kept and logged, which production refuses unless it says `fake`. */
  SMS_PROVIDER_URL: OutsideUrl,
  /** Who sends e-mail; unset: it is kept and logged, which production refuses unless it says `fake`. */
  EMAIL_PROVIDER_URL: OutsideUrl,
  /** Text messages about orders that one account gets in a day; the inbox has what is beyond that. */
  TEXTS_PER_ACCOUNT: wholeNumber(1, 1_000_000).default(50),
  /** Text messages with codes that one number gets in a day, whoever's account they are for. */
  CODES_PER_NUMBER: wholeNumber(1, 1_000_000).default(10),
  /** For how long a text message may have no outcome, and no try of it be seen, before it is asked for again. */
  TEXT_OVERDUE_SECONDS: wholeNumber(1, 86_400).default(600),
  /** How often the database is searched for those. */
  TEXT_SWEEP_MS: wholeNumber(100, 60_000).default(10_000),
});
export type NotificationsConfig = z.output<typeof NotificationsConfig>;
