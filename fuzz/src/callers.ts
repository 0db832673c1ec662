import { randomUUID } from 'node:crypto';
import { Failure } from '@sluice/stack/failure';
import { ADMIN, CUSTOMER, type Credentials } from '@sluice/stack/shop-client';
import { until } from '@sluice/stack/until';
import type { HttpClient, HttpResponse } from './http-client.js';
import { textOf } from './json.js';

/** Of every account that the fuzz creates. */
export const PASSWORD = 'correct horse battery';
const STRANGERS = 2;

interface CallOptions {
  readonly caller?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A well-formed request whose response is not checked: it prepares what is then checked. */
export type Call = (method: string, target: string, options?: CallOptions) => Promise<HttpResponse>;

export const callOver =
  (client: HttpClient, callers?: Callers): Call =>
  (method, target, { caller, body, headers = {} } = {}) => {
    const token = caller === undefined ? undefined : callers?.tokenOf(caller);
    return client.send({
      method,
      target,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: token }),
        ...headers,
      },
      ...(body && { body: Buffer.from(JSON.stringify(body)) }),
    });
  };

/** Who sends requests: an admin, the customer of the seed, and strangers who have just signed up. */
export class Callers {
  readonly #tokens: Map<string, string>;
  readonly #newToken: () => Promise<string>;
  readonly customers: readonly string[];

  /**
   * @param tokens the headers Authorization, by caller
   * @param accounts with which one can sign in
   * @param newToken of an account that is made for it
   */
  constructor(
    tokens: Readonly<Record<string, string>>,
    readonly accounts: readonly Credentials[],
    newToken: () => Promise<string>,
  ) {
    this.#tokens = new Map(Object.entries(tokens));
    this.#newToken = newToken;
    this.customers = Object.keys(tokens).filter((name) => name !== 'admin');
  }

  /** @throws {Failure} */
  static async signIn(call: Call): Promise<Callers> {
    const accounts: Record<string, Credentials> = { admin: ADMIN, customer: CUSTOMER };
    for (let n = 1; n <= STRANGERS; n++) accounts[`stranger-${n}`] = await signUp(call);
    const tokens: Record<string, string> = {};
    for (const [name, account] of Object.entries(accounts)) tokens[name] = await tokenFor(call, account);
    const callers = new Callers(tokens, Object.values(accounts), async () => tokenFor(call, await signUp(call)));
    await callers.renewLeaver();
    return callers;
  }

  /** `leaver` signs out and changes its password: afterwards it is another account. */
  async renewLeaver(): Promise<void> {
    this.#tokens.set('leaver', await this.#newToken());
  }

  /** The header Authorization. */
  tokenOf(caller: string): string | undefined {
    return this.#tokens.get(caller);
  }
}

async function signUp(call: Call): Promise<Credentials> {
  const digits = String(Math.floor(Math.random() * 1e9)).padStart(9, '0');
  const account = { phone: `+1666${digits}`, password: PASSWORD };
  await created(call, '/users', { ...account, name: 'A Stranger' });
  return account;
}

const tokenFor = async (call: Call, account: Credentials): Promise<string> =>
  `Bearer ${textOf(await created(call, '/sessions', account), 'token')}`;

/**
 * A busy gateway or a busy accounts answers 503, which promises that the same request may be sent again (RFC 9110,
 * 15.6.4). The fuzz itself keeps accounts busy with passwords, and a sign-up waits behind those who signed in before: on
 * a slow machine one was refused for half a minute.
 */
const BUSY = 503;
const REPEATS = { withinMs: 120_000, everyMs: 1_000 };

async function created(call: Call, target: string, body: object): Promise<unknown> {
  const headers = { 'idempotency-key': randomUUID() };
  let response: HttpResponse | undefined;
  await until(async () => {
    response = await call('POST', target, { body, headers });
    return response.status !== BUSY;
  }, REPEATS);
  if (response?.status === 201) return response.json;
  throw new Failure(
    `POST ${target} answered ${response?.status}: ${response?.text || response?.error}`,
    'The fuzz needs the accounts of the development seed, and no limits: RATE_LIMIT_PER_MINUTE=0 SIGN_IN_LIMIT_PER_MINUTE=0.',
  );
}
