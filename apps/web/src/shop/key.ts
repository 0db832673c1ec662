/** A key that nobody else has: 128 random bits. `crypto.randomUUID` exists on pages of HTTPS only. */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
