// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { Failure } from '@sluice/stack/failure';

/** Of the development seed (README.md). */
const ADMIN = { phone: '+10000000000', password: 'admin-password' };
const CUSTOMER = { phone: '+10000000001', password: 'customer-password' };
/** Of everybody who signs up here. */
export const PASSWORD = 'correct horse battery';
const digits = () => String(Math.floor(Math.random() * 1e9)).padStart(9, '0');
const STRANGERS = 2;

/** Who asks: an admin, the customer of the seed, and strangers who have just signed up. */
export class Actors {
  #tokens = new Map();
  customers = [];
  accounts = [];

  /**
   * @param {(method: string, target: string, options?: object) => Promise<{ status: number, json: any }>} call
   * @throws {Failure}
   */
  static async signIn(call) {
    const actors = new Actors();
    await actors.#add(call, 'admin', ADMIN);
    await actors.#add(call, 'customer', CUSTOMER);
    actors.accounts.push(ADMIN, CUSTOMER);
    for (let n = 1; n <= STRANGERS; n++) {
      const account = await signUp(call);
      await actors.#add(call, `stranger-${n}`, account);
      actors.accounts.push(account);
    }
    actors.renew = async () => actors.#tokens.set('leaver', await tokenFor(call, await signUp(call)));
    await actors.renew();
    return actors;
  }

  /** `leaver` signs out and changes passwords: afterwards it is somebody new. @type {() => Promise<unknown>} */
  renew;

  async #add(call, name, account) {
    this.#tokens.set(name, await tokenFor(call, account));
    if (name !== 'admin') this.customers.push(name);
  }

  /** @param {string} actor @returns {string | undefined} the header Authorization */
  tokenOf(actor) {
    return this.#tokens.get(actor);
  }
}

async function signUp(call) {
  const account = { phone: `+1666${digits()}`, password: PASSWORD };
  await expectStatus(call, 201, '/users', { ...account, name: 'A Stranger' });
  return account;
}

const tokenFor = async (call, account) => `Bearer ${(await expectStatus(call, 201, '/sessions', account)).token}`;

async function expectStatus(call, status, target, body) {
  const answer = await call('POST', target, { body, headers: { 'idempotency-key': randomUUID() } });
  if (answer.status === status) return answer.json;
  throw new Failure(
    `POST ${target} answered ${answer.status}`,
    'The fuzz needs the accounts of the development seed, and no limits: RATE_LIMIT_PER_MINUTE=0 SIGN_IN_LIMIT_PER_MINUTE=0.',
  );
}
