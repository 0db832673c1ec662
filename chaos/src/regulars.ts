// @ts-nocheck
import { randomInt } from 'node:crypto';

const HOW_MANY = 25;
const PASSWORD = 'a-regular-customer';

/**
 * People who have proved their telephone number: what happens to their orders goes to the SMS provider. That of all
 * others is withheld.
 * @param {import('./shop.js').Shop} shop
 * @param {Pick<import('./long/providers.js').Providers, 'books'>} providers which were given their codes
 * @returns {Promise<string[]>} their ids
 */
export async function signUpRegulars(shop, providers) {
  const ids = [];
  const country = `+1888${randomInt(100, 1_000)}`;
  for (let n = 0; n < HOW_MANY; n++) {
    const phone = `${country}${String(n).padStart(4, '0')}`;
    ids.push(
      (await shop.expect(201, 'POST', '/users', { body: { phone, name: `Regular ${n}`, password: PASSWORD } })).id,
    );
    const { token } = await shop.expect(201, 'POST', '/sessions', { body: { phone, password: PASSWORD } });
    const code = await shop.until(async () => codeFor(phone, providers.books));
    await shop.expect(204, 'POST', '/users/verification', { token, body: { code } });
  }
  return ids;
}

const codeFor = (phone, { messages }) => {
  const body = messages.map((message) => JSON.parse(message.body)).find(({ to }) => to === phone);
  return body && /\d{6}/.exec(body.text)?.[0];
};
