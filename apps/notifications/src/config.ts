import { OutsideUrl } from '@sluice/service-kit';
import { z } from 'zod';

export const NotificationsConfig = z.object({
  /** Who sends text messages; unset: they are kept and logged, which production refuses unless it says `fake`. */
  SMS_PROVIDER_URL: OutsideUrl,
  /** Who sends e-mail; unset: it is kept and logged, which production refuses unless it says `fake`. */
  EMAIL_PROVIDER_URL: OutsideUrl,
});
export type NotificationsConfig = z.output<typeof NotificationsConfig>;
