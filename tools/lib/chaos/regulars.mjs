import { randomInt } from 'node:crypto';

const HOW_MANY = 25;
const PASSWORD = 'a-regular-customer';

/**
 * People with a telephone number: what happens to their orders goes to the SMS provider. Everybody else's texts wait for a number.
 * @param {import('./shop.mjs').Shop} shop @returns {Promise<string[]>} their ids
 */
export async function signUpRegulars(shop) {
  const ids = [];
  const country = `+1888${randomInt(100, 1_000)}`;
  for (let n = 0; n < HOW_MANY; n++) {
    const body = { phone: `${country}${String(n).padStart(4, '0')}`, name: `Regular ${n}`, password: PASSWORD };
    ids.push((await shop.expect(201, 'POST', '/users', { body })).id);
  }
  return ids;
}
