import { createHmac, type KeyObject } from 'node:crypto';

/**
 * The key, the same in all accounts processes. When the private key is rotated, no address is remembered for a while.
 */
export const addressKey = (key: KeyObject): Buffer =>
  createHmac('sha256', key.export({ type: 'pkcs8', format: 'der' }))
    .update('known addresses')
    .digest();

/**
 * A keyed hash of number and address together: with both, one can check for an entry; the table alone reveals neither.
 */
export const addressId = (key: Buffer, phone: string, client: string): string =>
  createHmac('sha256', key).update(`${phone}\n${client}`).digest('base64url');
