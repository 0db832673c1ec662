import { createPrivateKey } from 'node:crypto';
import { FAKE } from './outside.js';
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

interface Rule {
  variable: string;
  /** Returns what is wrong with a value in production; undefined when it is acceptable. */
  why: (value: Value) => string | undefined;
}

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

const faked = (does: string) => (value: unknown) =>
  value === undefined
    ? `is not set, and a fake would ${does}: name the real one, or set it to ${FAKE} on purpose`
    : undefined;

const REFUSED: readonly Rule[] = [
  {
    variable: 'DEV_SEED',
    why: (value) =>
      value === true ? 'makes accounts with passwords that everybody knows: set it to false' : undefined,
  },
  { variable: 'AMQP_URL', why: knownPassword },
  { variable: 'DATABASE_URL', why: knownPassword },
  { variable: 'IDEMPOTENCY_SECRET', why: guessable },
  { variable: 'TOKEN_PRIVATE_KEY', why: developmentKey },
  { variable: 'TOKEN_PUBLIC_KEY', why: developmentKey },
  { variable: 'CARD_GATEWAY_URL', why: faked('take orders without taking money') },
  { variable: 'CARRIER_URL', why: faked('deliver parcels that never left') },
  { variable: 'SMS_PROVIDER_URL', why: faked('log the codes instead of sending them') },
  { variable: 'EMAIL_PROVIDER_URL', why: faked('log e-mail instead of sending it') },
  {
    variable: 'CARD_GATEWAY_URL',
    why: (url) => (inTheClear(url) ? 'sends card numbers in plain text: make it https://' : undefined),
  },
];

const inTheClear = (url: unknown): boolean => typeof url === 'string' && url.startsWith('http:') && isFar(url);
const unencrypted = (url: unknown): string | undefined =>
  inTheClear(url) ? 'sends in plain text what only its reader should see: better https://' : undefined;
const unlimited = (whose: string) => (value: unknown) =>
  value === 0 ? `is 0, so that ${whose} not limited: better a number` : undefined;
const chosenFake = (value: unknown): string | undefined => (value === FAKE ? 'is a fake' : undefined);
const VERIFIED = /[?&]sslmode=(verify-full|verify-ca|require)(&|$)/;

const WARNED: readonly Rule[] = [
  {
    variable: 'AMQP_URL',
    why: (url) =>
      String(url).startsWith('amqp:') && isFar(String(url))
        ? 'goes over the network in plain text: better amqps://'
        : undefined,
  },
  {
    variable: 'DATABASE_URL',
    why: (url) =>
      !VERIFIED.test(String(url)) && isFar(String(url))
        ? 'goes over the network unverified: better sslmode=verify-full'
        : undefined,
  },
  { variable: 'RATE_LIMIT_PER_MINUTE', why: unlimited('requests are') },
  { variable: 'SIGN_IN_LIMIT_PER_MINUTE', why: unlimited('guesses at passwords and codes are') },
  ...['CARRIER_URL', 'SMS_PROVIDER_URL', 'EMAIL_PROVIDER_URL'].map((variable) => ({ variable, why: unencrypted })),
  ...['CARD_GATEWAY_URL', 'CARRIER_URL', 'SMS_PROVIDER_URL', 'EMAIL_PROVIDER_URL'].map((variable) => ({
    variable,
    why: chosenFake,
  })),
];

/** Returns the settings that prevent a production system from starting. */
export const refusals = (settings: Settings): Finding[] => findings(REFUSED, settings);

/** Returns settings that may be intended, for example plain text in a private network. */
export const warnings = (settings: Settings): Finding[] => findings(WARNED, settings);

function findings(rules: readonly Rule[], settings: Settings): Finding[] {
  if (settings['NODE_ENV'] !== 'production') return [];
  const known = rules.filter(({ variable }) => variable in settings);
  return known.flatMap(({ variable, why }) => {
    const found = why(settings[variable] as Value);
    return found === undefined ? [] : [{ variable, why: found }];
  });
}

/** @throws EnvironmentError that names every setting allowed only in development, in one line, without values */
export function refuseDevelopmentSettings(settings: Settings): void {
  const found = refusals(settings);
  if (found.length > 0)
    throw new EnvironmentError(
      `refused in production (NODE_ENV=production): ${found.map(({ variable, why }) => `${variable} ${why}`).join('; ')}`,
    );
}
