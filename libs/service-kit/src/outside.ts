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
  urlOrFake(/^https?:$/, 'an http:// or https:// URL', rulesOf(does, secret));

/** URL of an SMTP server, with the same rules. `requireTLS=true` encrypts also over `smtp://`. */
export const smtpUrl = (does: string) => urlOrFake(/^smtps?:$/, 'an smtp:// or smtps:// URL', rulesOf(does, undefined));

const urlOrFake = (protocol: RegExp, form: string, rules: ProductionRules) =>
  z
    .string()
    .refine((text) => text === FAKE || protocol.test(protocolOf(text)), `must be ${form}, or ${FAKE}`)
    .optional()
    .register(PRODUCTION, rules);

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
  inTheClear(url) ? 'sends in plain text what only its reader should see: better https://, or smtps://' : undefined;
const chosenFake: Rule = (value) => (value === FAKE ? 'is a fake' : undefined);

/** Whether a variable with this schema names an outside service. */
export const isOutsideUrl = (schema: z.ZodType): boolean =>
  PRODUCTION.get(schema)?.warned?.includes(chosenFake) === true;

/** Returns the URL of an outside service; undefined when it is faked. */
export const outside = (setting: string | undefined): string | undefined => (setting === FAKE ? undefined : setting);
