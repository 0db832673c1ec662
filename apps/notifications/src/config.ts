import { z } from 'zod';

const HttpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });

export const NotificationsConfig = z.object({
  /** Who sends text messages; unset: they are kept and logged, for development. */
  SMS_PROVIDER_URL: HttpUrl.optional(),
  /** Who sends e-mail; unset: it is kept and logged, for development. */
  EMAIL_PROVIDER_URL: HttpUrl.optional(),
});
export type NotificationsConfig = z.output<typeof NotificationsConfig>;
