import type { Certificate } from '@sluice/stack/services/certificates';

export * from '@sluice/stack/services/certificates';

/** What a private server with TLS is made of. */
export interface ServerTls {
  /** Issued the server's certificate, and those of the clients that may come. PEM. */
  ca: string;
  server: Certificate;
}
