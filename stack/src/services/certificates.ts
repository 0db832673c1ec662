import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import 'reflect-metadata'; // the library's own parts are wired by it
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
/** The longest that clients of today accept of a server. Days. */
const VALID_DAYS = 397;
const AUTHORITY_DAYS = 3_650;

/** A certificate and its private key, both in PEM form. */
export interface Certificate {
  cert: string;
  key: string;
}

/** From yesterday on unless given: clocks differ. */
export interface Validity {
  from?: Date;
  days?: number;
}

/** An authority of our own, for development and tests: whoever trusts its certificate trusts all that it issues. */
export const makeAuthority = (name = 'Sluice development CA'): Promise<Certificate> =>
  make(
    name,
    [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
    { days: AUTHORITY_DAYS },
  );

/** For a server that is reached by these names, host names and addresses; every name must be here (RFC 9525). */
export const issueServer = (
  authority: Certificate,
  names: readonly [string, ...string[]],
  validity?: Validity,
): Promise<Certificate> => issue(authority, names[0], x509.ExtendedKeyUsage.serverAuth, { ...validity, names });

/** For a client that proves by it who it is. */
export const issueClient = (authority: Certificate, name: string): Promise<Certificate> =>
  issue(authority, name, x509.ExtendedKeyUsage.clientAuth);

function issue(
  authority: Certificate,
  name: string,
  usage: x509.ExtendedKeyUsage,
  { names = [], ...validity }: Validity & { names?: readonly string[] } = {},
): Promise<Certificate> {
  const extensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage]),
    ...(names.length > 0
      ? [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }) as const),
          ),
        ]
      : []),
  ];
  return make(name, extensions, { authority, ...validity });
}

/** Issued by the authority, or by itself when there is none. */
async function make(
  name: string,
  extensions: x509.Extension[],
  { authority, from = new Date(Date.now() - DAY_MS), days = VALID_DAYS }: Validity & { authority?: Certificate },
): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const issuer = authority && new x509.X509Certificate(authority.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString('hex').replace(/^./, '1'), // a positive number
    subject: `CN=${name}`,
    issuer: issuer?.subject ?? `CN=${name}`,
    notBefore: from,
    notAfter: new Date(from.getTime() + days * DAY_MS),
    signingAlgorithm: EC,
    publicKey: keys.publicKey,
    signingKey: authority ? await readKey(authority.key) : keys.privateKey,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer ? await issuer.publicKey.export() : keys.publicKey),
    ],
  });
  return {
    cert: certificate.toString('pem'),
    key: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
  };
}

const readKey = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), EC, false, ['sign']);
