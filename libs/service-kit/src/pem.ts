import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** Line breaks may be spelled out, as .env files and orchestrators pass them. */
const withLines = (pem: string): string => pem.replaceAll('\\n', '\n');

/** One certificate or several, in PEM form, as they are. */
export const PemCertificates = z
  .string()
  .transform(withLines)
  .refine(areCertificates, 'must be one certificate or more in PEM form');

/** A private key in PEM form, as it is, of any kind and without a password. */
export const PemPrivateKey = z
  .string()
  .transform(withLines)
  .refine(isPrivateKey, 'must be a private key in PEM form, without a password');

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function areCertificates(pem: string): boolean {
  const found = pem.match(CERTIFICATE) ?? [];
  return found.length > 0 && found.every((one) => succeeds(() => new X509Certificate(one)));
}

function isPrivateKey(pem: string): boolean {
  return succeeds(() => createPrivateKey(pem));
}

/** The parser's own words could repeat the key. */
function succeeds(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

/** @param certificates the client's own comes first */
export const belongTogether = (certificates: string, key: string): boolean =>
  new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key));
