import { z } from 'zod';
import { inTheClear, PRODUCTION, type ProductionRules, type Rule } from './production.js';

/** Value in place of a URL: use the fake on purpose, even in production. */
const FAKE = 'fake';

/**
 * URL of an outside service. Unset: it is faked, which production refuses unless the value is `fake`.
 * @param does what the fake would do instead: `take orders without taking money`
 * @param secret what may never be sent to it in plain text: `card numbers`; without it plain text is only warned of
 */
export const outsideUrl = (does: string, secret?: string) =>
  z
    .string()
    .refine(
      (text) => text === FAKE || /^https?:$/.test(protocolOf(text)),
      `must be an http:// or https:// URL, or ${FAKE}`,
    )
    .optional()
    .register(PRODUCTION, rulesOf(does, secret));

const protocolOf = (text: string): string => (URL.canParse(text) ? new URL(text).protocol : '');

function rulesOf(does: string, secret: string | undefined): ProductionRules {
  const unset: Rule = (value) =>
    value === undefined
      ? `is not set, and a fake would ${does}: name the real one, or set it to ${FAKE} on purpose`
      : undefined;
  if (secret === undefined) return { refused: [unset], warned: [unencrypted, chosenFake] };
  const readable: Rule = (url) => (inTheClear(url) ? `sends ${secret} in plain text: make it https://` : undefined);
  return { refused: [unset, readable], warned: [chosenFake] };
}

const unencrypted: Rule = (url) =>
  inTheClear(url) ? 'sends in plain text what only its reader should see: better https://' : undefined;
const chosenFake: Rule = (value) => (value === FAKE ? 'is a fake' : undefined);

/** Returns the URL of an outside service; undefined when it is faked. */
export const outside = (setting: string | undefined): string | undefined => (setting === FAKE ? undefined : setting);
