import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** A certificate and its private key, in PEM form. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface Certificates {
  makeAuthority(name?: string): Promise<Certificate>;
  issueServer(authority: Certificate, names: string[], validity?: { from?: Date; days?: number }): Promise<Certificate>;
  issueClient(authority: Certificate, name: string): Promise<Certificate>;
}

/** The maker of certificates of the development tools. */
export const certificates = (): Promise<Certificates> =>
  import(
    pathToFileURL(path.join(import.meta.dirname, '../../stack/dist/services/certificates.js')).href
  ) as Promise<Certificates>;

/** What a private server with TLS is made of. */
export interface ServerTls {
  /** Issued the server's certificate, and those of the clients that may come. PEM. */
  ca: string;
  server: Certificate;
}
