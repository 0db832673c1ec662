import { z } from 'zod';

/** In place of a URL: the fake is what is wanted, also in production. */
export const FAKE = 'fake';

/** Where something outside of this system is reached; unset: it is faked, which production refuses unless it is said. */
export const OutsideUrl = z
  .string()
  .refine(
    (text) => text === FAKE || /^https?:$/.test(protocolOf(text)),
    `must be an http:// or https:// URL, or ${FAKE}`,
  )
  .optional();

const protocolOf = (text: string): string => (URL.canParse(text) ? new URL(text).protocol : '');

/** Its URL; undefined when it is faked. */
export const outside = (setting: string | undefined): string | undefined => (setting === FAKE ? undefined : setting);
