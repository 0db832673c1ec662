import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** Replaces `\n` in text by line breaks, because .env files and orchestrators pass them like that. */
const withLines = (pem: string): string => pem.replaceAll('\\n', '\n');

/** Certificates (at least one) in PEM form. */
export const PemCertificates = z
  .string()
  .transform(withLines)
  .refine(areCertificates, 'must be one certificate or more in PEM form');

/** A private key of any type in PEM form, without a password. */
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

/** Returns whether `parse` succeeds. Its error is dropped, because it could contain the key. */
function succeeds(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

/** @param certificates in PEM form; the client's own certificate comes first */
export const belongTogether = (certificates: string, key: string): boolean =>
  new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key));
