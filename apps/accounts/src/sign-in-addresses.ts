import { createHmac, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { AccountsConfig } from './config.js';

/** Written again only after a day, so that most sign-ins write nothing. */
const REMEMBER = `
  INSERT INTO known_addresses (id) VALUES ($1)
  ON CONFLICT (id) DO UPDATE SET last_at = now() WHERE known_addresses.last_at < now() - interval '1 day'`;

/**
 * Addresses of successful sign-ins. Stored is a keyed hash of number and address together: with both, one can check
 * for an entry; the table alone reveals neither.
 */
@Injectable()
export class SignInAddresses {
  readonly #key: Buffer;

  constructor(
    private readonly pool: Pool,
    @Inject(CONFIG) { TOKEN_PRIVATE_KEY }: Pick<AccountsConfig, 'TOKEN_PRIVATE_KEY'>,
  ) {
    this.#key = keyFrom(TOKEN_PRIVATE_KEY);
  }

  async has(phone: string, client: string): Promise<boolean> {
    const id = this.#idOf(phone, client);
    const { rowCount } = await this.pool.query('SELECT FROM known_addresses WHERE id = $1', [id]);
    return rowCount === 1;
  }

  async remember(phone: string, client: string): Promise<void> {
    await this.pool.query(REMEMBER, [this.#idOf(phone, client)]);
  }

  #idOf(phone: string, client: string): string {
    return createHmac('sha256', this.#key).update(`${phone}\n${client}`).digest('base64url');
  }
}

/**
 * The key, the same in all accounts processes. When the private key is rotated, no address is remembered for a while.
 */
const keyFrom = (key: KeyObject): Buffer =>
  createHmac('sha256', key.export({ type: 'pkcs8', format: 'der' }))
    .update('known addresses')
    .digest();
