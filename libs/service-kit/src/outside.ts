import { z } from 'zod';

/** Value in place of a URL: use the fake on purpose, even in production. */
export const FAKE = 'fake';

/** URL of an outside service. Unset: it is faked, which production refuses unless the value is `fake`. */
export const OutsideUrl = z
  .string()
  .refine(
    (text) => text === FAKE || /^https?:$/.test(protocolOf(text)),
    `must be an http:// or https:// URL, or ${FAKE}`,
  )
  .optional();

const protocolOf = (text: string): string => (URL.canParse(text) ? new URL(text).protocol : '');

/** Returns the URL of an outside service; undefined when it is faked. */
export const outside = (setting: string | undefined): string | undefined => (setting === FAKE ? undefined : setting);
