import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { EnvironmentError } from './variable.js';

/** Settings of a process by variable; a variable of its configuration that is not set is present as undefined. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Finding {
  variable: string;
  /** Continues after the variable's name: "is ...: set ...". */
  why: string;
}

/** A setting's value. Keys are the text that was given. */
type Value = string | number | boolean | undefined;

/** Returns what is wrong with a value in production; undefined when it is acceptable. */
export type Rule = (value: Value) => string | undefined;

/** What a production system refuses to start with, and what it warns of. */
export interface ProductionRules {
  readonly refused?: readonly Rule[];
  readonly warned?: readonly Rule[];
}

/** The rules of variables, by their schemas: `z.string().register(PRODUCTION, RANDOM_SECRET)`. */
export const PRODUCTION = z.registry<ProductionRules>();

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|)$/;
const isFar = (url: string): boolean => !LOOPBACK.test(new URL(url).hostname);

/** Passwords from the installation guides of these servers, from this project, and common ones. */
const KNOWN_PASSWORDS = new Set([
  'guest',
  'postgres',
  'rabbitmq',
  'rabbit',
  'sluice',
  'admin',
  'root',
  'user',
  'test',
  'password',
  'passwd',
  'secret',
  'mysecretpassword',
  'changeme',
  'example',
  'development',
  '123456',
  '12345678',
]);

function knownPassword(value: Value): string | undefined {
  const { protocol, username, password } = new URL(String(value));
  if (username === '' && password === '' && protocol.startsWith('amqp'))
    return 'names no user, which is guest with the password guest: name one';
  if (password === '') return undefined; // the server may accept a client certificate, or trust this host
  const known = KNOWN_PASSWORDS.has(password.toLowerCase()) || password === username || tooSimple(decoded(password));
  return known ? 'has a password that anybody would guess: give it a random one' : undefined;
}

/** Minimum length, and minimum number of different characters: a simpler password can be found by trying. */
const MINIMUM = { characters: 8, different: 5 };
const tooSimple = (password: string): boolean =>
  password.length < MINIMUM.characters || new Set(password).size < MINIMUM.different;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * At least as long as `openssl rand -hex 16`, without common words. `guessable` also requires 8 different characters.
 */
const RANDOM = /^(?!.*(secret|password|changeme|example)).{32,}$/is;
/**
 * Mark of stack/src/services/secrets.ts: its secrets and the seeds of its private keys begin with it, and a comment
 * beside its public keys contains it.
 */
const MADE_BY_NPM_START = /^(# )?development-/;
const ONE_OF_ITS_OWN = 'was made by npm start, on a development machine: give it one of its own';

function guessable(value: Value): string | undefined {
  const secret = String(value);
  if (MADE_BY_NPM_START.test(secret)) return `${ONE_OF_ITS_OWN} (openssl rand -base64 32)`;
  return RANDOM.test(secret) && new Set(secret).size >= 8
    ? undefined
    : 'can be guessed: give it 32 random characters or more (openssl rand -base64 32)';
}

const developmentKey = (pem: unknown): string | undefined =>
  typeof pem === 'string' && isMarked(pem.replaceAll('\\n', '\n'))
    ? `${ONE_OF_ITS_OWN} (openssl genpkey -algorithm ed25519)`
    : undefined;

const isMarked = (pem: string): boolean =>
  pem.split('\n').some((line) => MADE_BY_NPM_START.test(line)) || MADE_BY_NPM_START.test(seedOf(pem));

/** Returns the 32-byte seed of an Ed25519 private key (RFC 8032, 5.1.5) as text; empty for any other input. */
function seedOf(pem: string): string {
  try {
    return Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d ?? '', 'base64url').toString('latin1');
  } catch {
    return '';
  }
}

/** Rules of a secret that is compared or derived from: long and random. */
export const RANDOM_SECRET: ProductionRules = { refused: [guessable] };
/** Rules of an Ed25519 key in PEM form: not one that `npm start` has made. */
export const OWN_KEY: ProductionRules = { refused: [developmentKey] };

/** Rules of a flag. @param does what happens when it is true: `makes accounts with passwords that everybody knows` */
export const developmentOnly = (does: string): ProductionRules => ({
  refused: [(value) => (value === true ? `${does}: set it to false` : undefined)],
});

/** Rules of a limit for which 0 means none. @param whose what is limited: `requests are` */
export const limited = (whose: string): ProductionRules => ({
  warned: [(value) => (value === 0 ? `is 0, so that ${whose} not limited: better a number` : undefined)],
});

/** Whether the URL sends in plain text over a network. */
export const inTheClear = (url: unknown): boolean =>
  typeof url === 'string' && /^http:|^smtp:(?!.*[?&]requireTLS=true)/.test(url) && isFar(url);

const VERIFIED = /[?&]sslmode=(verify-full|verify-ca|require)(&|$)/;

export const BROKER_URL: ProductionRules = {
  refused: [knownPassword],
  warned: [
    (url) =>
      String(url).startsWith('amqp:') && isFar(String(url))
        ? 'goes over the network in plain text: better amqps://'
        : undefined,
  ],
};

export const DATABASE_ADDRESS: ProductionRules = {
  refused: [knownPassword],
  warned: [
    (url) =>
      !VERIFIED.test(String(url)) && isFar(String(url))
        ? 'goes over the network unverified: better sslmode=verify-full'
        : undefined,
  ],
};

/** Returns the settings that prevent a production system from starting. */
export const refusals = (config: z.ZodObject, settings: Settings): Finding[] => findings('refused', config, settings);

/** Returns settings that may be intended, for example plain text in a private network. */
export const warnings = (config: z.ZodObject, settings: Settings): Finding[] => findings('warned', config, settings);

function findings(which: keyof ProductionRules, { shape }: z.ZodObject, settings: Settings): Finding[] {
  if (settings['NODE_ENV'] !== 'production') return [];
  return Object.entries(shape as Record<string, z.ZodType>).flatMap(([variable, schema]) =>
    (PRODUCTION.get(schema)?.[which] ?? []).flatMap((rule) => {
      const why = rule(settings[variable] as Value);
      return why === undefined ? [] : [{ variable, why }];
    }),
  );
}

/** @throws EnvironmentError that names every setting allowed only in development, in one line, without values */
export function refuseDevelopmentSettings(config: z.ZodObject, settings: Settings): void {
  const found = refusals(config, settings);
  if (found.length > 0)
    throw new EnvironmentError(
      `refused in production (NODE_ENV=production): ${found.map(({ variable, why }) => `${variable} ${why}`).join('; ')}`,
    );
}
