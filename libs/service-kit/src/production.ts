import { FAKE } from './outside.js';
import { EnvironmentError } from './variable.js';

/** What a process was started with; a variable that it knows and that is not set is there as undefined. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Finding {
  variable: string;
  /** Goes on after the variable's name: "is ...: set ...". */
  why: string;
}

interface Rule {
  variable: string;
  /** What is wrong with a value, for production; undefined: nothing. */
  why: (value: string | boolean | undefined) => string | undefined;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|)$/;
const isFar = (url: string): boolean => !LOOPBACK.test(new URL(url).hostname);

/** From the pages by which these servers are installed, from this project, and what people type. */
const KNOWN = new Set(['guest', 'postgres', 'rabbitmq', 'rabbit', 'sluice', 'admin', 'root', 'user', 'test', 'password', 'passwd', 'secret', 'mysecretpassword', 'changeme', 'example', 'development', '123456', '12345678']);

function knownPassword(value: string | boolean | undefined): string | undefined {
  const { protocol, username, password } = new URL(String(value));
  if (username === '' && password === '' && protocol.startsWith('amqp')) return 'names no user, which is guest with the password guest: name one';
  const known = KNOWN.has(password.toLowerCase()) || (password !== '' && password === username);
  return known ? 'has a password that anybody would guess: give it a random one' : undefined;
}

/** As short as `openssl rand -hex 16`; eight characters at least must differ, and words are not random. */
const RANDOM = /^(?!.*(secret|password|changeme|example)).{32,}$/is;
/** The mark of tools/lib/secrets.mjs. */
const MADE_BY_NPM_START = /^development-/;

function guessable(value: string | boolean | undefined): string | undefined {
  const secret = String(value);
  if (MADE_BY_NPM_START.test(secret)) return 'was made by npm start, on a development machine: give it one of its own (openssl rand -base64 32)';
  return RANDOM.test(secret) && new Set(secret).size >= 8 ? undefined : 'can be guessed: give it 32 random characters or more (openssl rand -base64 32)';
}

const faked = (does: string) => (value: unknown) => (value === undefined ? `is not set, and a fake would ${does}: name the real one, or say ${FAKE} to want that` : undefined);

const REFUSED: readonly Rule[] = [
  { variable: 'DEV_SEED', why: (value) => (value === true ? 'makes accounts with passwords that everybody knows: set it to false' : undefined) },
  { variable: 'AMQP_URL', why: knownPassword },
  { variable: 'DATABASE_URL', why: knownPassword },
  { variable: 'IDEMPOTENCY_SECRET', why: guessable },
  { variable: 'CARD_GATEWAY_URL', why: faked('take orders without taking money') },
  { variable: 'CARRIER_URL', why: faked('deliver parcels that never left') },
  { variable: 'SMS_PROVIDER_URL', why: faked('log the codes instead of sending them') },
  { variable: 'EMAIL_PROVIDER_URL', why: faked('log e-mail instead of sending it') },
  { variable: 'CARD_GATEWAY_URL', why: (url) => (inTheClear(url) ? 'sends card numbers in plain text: make it https://' : undefined) },
];

const inTheClear = (url: unknown): boolean => typeof url === 'string' && url.startsWith('http:') && isFar(url);
const unencrypted = (url: unknown): string | undefined => (inTheClear(url) ? 'sends in plain text what only its reader should see: better https://' : undefined);
const chosenFake = (value: unknown): string | undefined => (value === FAKE ? 'is a fake' : undefined);
const VERIFIED = /[?&]sslmode=(verify-full|verify-ca|require)(&|$)/;

const WARNED: readonly Rule[] = [
  { variable: 'AMQP_URL', why: (url) => (String(url).startsWith('amqp:') && isFar(String(url)) ? 'goes over the network in plain text: better amqps://' : undefined) },
  { variable: 'DATABASE_URL', why: (url) => (!VERIFIED.test(String(url)) && isFar(String(url)) ? 'goes over the network unverified: better sslmode=verify-full' : undefined) },
  ...['CARRIER_URL', 'SMS_PROVIDER_URL', 'EMAIL_PROVIDER_URL'].map((variable) => ({ variable, why: unencrypted })),
  ...['CARD_GATEWAY_URL', 'CARRIER_URL', 'SMS_PROVIDER_URL', 'EMAIL_PROVIDER_URL'].map((variable) => ({ variable, why: chosenFake })),
];

/** What keeps a production system from starting. */
export const refusals = (settings: Settings): Finding[] => findings(REFUSED, settings);

/** What may be meant, as plain text in a private network is. */
export const warnings = (settings: Settings): Finding[] => findings(WARNED, settings);

function findings(rules: readonly Rule[], settings: Settings): Finding[] {
  if (settings['NODE_ENV'] !== 'production') return [];
  const known = rules.filter(({ variable }) => variable in settings);
  return known.flatMap(({ variable, why }) => {
    const found = why(settings[variable] as string | boolean | undefined);
    return found === undefined ? [] : [{ variable, why: found }];
  });
}

/** @throws EnvironmentError that names every variable which only a development system may start with, in one line and without values */
export function refuseDevelopmentSettings(settings: Settings): void {
  const found = refusals(settings);
  if (found.length > 0) throw new EnvironmentError(`refused in production (NODE_ENV=production): ${found.map(({ variable, why }) => `${variable} ${why}`).join('; ')}`);
}
