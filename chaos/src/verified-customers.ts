import { randomInt } from 'node:crypto';
import type { Providers } from './long/providers.js';
import type { RetryingShop } from './retrying-shop.js';

const COUNT = 25;
const PASSWORD = 'a-regular-customer';

/** Registers customers whose numbers are verified: texts to all others are withheld. @returns their ids */
export async function registerVerifiedCustomers(shop: RetryingShop, providers: Providers): Promise<string[]> {
  const ids: string[] = [];
  const prefix = `+1888${randomInt(100, 1_000)}`;
  for (let n = 0; n < COUNT; n++) {
    const phone = `${prefix}${String(n).padStart(4, '0')}`;
    const body = { phone, name: `Regular ${n}`, password: PASSWORD };
    ids.push((await shop.expect<{ id: string }>(201, 'POST', '/users', { body })).id);
    const token = await shop.signIn({ phone, password: PASSWORD });
    const code = await shop.until(async () => codeFor(phone, providers));
    await shop.expect(204, 'POST', '/users/verification', { token, body: { code } });
  }
  return ids;
}

const codeFor = (phone: string, { texts }: Providers): string | undefined =>
  /\d{6}/.exec(texts.find(({ to }) => to === phone)?.text ?? '')?.[0];
