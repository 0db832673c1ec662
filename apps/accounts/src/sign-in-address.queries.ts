import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { AccountsConfig } from './config.js';
import { addressId, addressKey } from './sign-in-address.js';

/** Written again only after a day, so that most sign-ins write nothing. */
const REMEMBER = `
  INSERT INTO known_addresses (id) VALUES ($1)
  ON CONFLICT (id) DO UPDATE SET last_at = now() WHERE known_addresses.last_at < now() - interval '1 day'`;

/**
 * Addresses of successful sign-ins. They are written outside of a unit of work: without its entry, a sign-in only waits
 * longer for its turn.
 */
@Injectable()
export class SignInAddressQueries {
  readonly #key: Buffer;

  constructor(
    private readonly pool: Pool,
    @Inject(CONFIG) { TOKEN_PRIVATE_KEY }: Pick<AccountsConfig, 'TOKEN_PRIVATE_KEY'>,
  ) {
    this.#key = addressKey(TOKEN_PRIVATE_KEY);
  }

  async has(phone: string, client: string): Promise<boolean> {
    const id = addressId(this.#key, phone, client);
    const { rowCount } = await this.pool.query('SELECT FROM known_addresses WHERE id = $1', [id]);
    return rowCount === 1;
  }

  async remember(phone: string, client: string): Promise<void> {
    await this.pool.query(REMEMBER, [addressId(this.#key, phone, client)]);
  }
}
