import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';

export type Role = 'customer' | 'admin';

/** Signs tokens as accounts does, without a request to accounts. @param key PEM */
export function tokensBy(key: string): (role: Role, userId: string) => Promise<string> {
  const privateKey = createPrivateKey(key);
  return (role, userId) =>
    new SignJWT({ role })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setSubject(userId)
      .setExpirationTime('2h')
      .sign(privateKey);
}
