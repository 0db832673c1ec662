import { outsideUrl, smtpUrl, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';
import type { TextLimits } from './text-limit.js';

export const NotificationsConfig = z.object({
  /** URL of the SMS provider; unset: texts are kept and logged, which production refuses unless the value is `fake`. */
  SMS_PROVIDER_URL: outsideUrl('log the codes instead of sending them'),
  /**
   * URL of the SMTP server, with user and password; unset: e-mail is kept and logged, which production refuses unless
   * the value is `fake`.
   */
  SMTP_URL: smtpUrl('log e-mail instead of sending it'),
  /** Address from which e-mail is sent. */
  SMTP_FROM: z
    .string()
    .regex(/^[^\s@<>]+@[^\s@<>]+$/, 'must be an e-mail address')
    .default('shop@localhost'),
  /** Texts about orders per account and day; the inbox has those beyond it. */
  TEXTS_PER_ACCOUNT: wholeNumber(1, 1_000_000).default(50),
  /** E-mails per account and day; the inbox has those beyond it. */
  EMAILS_PER_ACCOUNT: wholeNumber(1, 1_000_000).default(50),
  /** Texts with codes per number and day, for all accounts together. */
  CODES_PER_NUMBER: wholeNumber(1, 1_000_000).default(10),
  /** Seconds without an outcome and without a recorded try after which a text is sent again. */
  TEXT_OVERDUE_SECONDS: wholeNumber(1, 86_400).default(600),
  /** Interval of the search for those, in ms. */
  TEXT_SWEEP_MS: wholeNumber(100, 60_000).default(10_000),
});
export type NotificationsConfig = z.output<typeof NotificationsConfig>;

/** The settings in the form of the rules. */
export const limitsOf = (config: NotificationsConfig): TextLimits => ({
  textsPerAccount: config.TEXTS_PER_ACCOUNT,
  codesPerNumber: config.CODES_PER_NUMBER,
  emailsPerAccount: config.EMAILS_PER_ACCOUNT,
});
