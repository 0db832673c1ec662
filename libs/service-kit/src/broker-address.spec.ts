import { issueClient, makeAuthority, type Certificate } from '@sluice/testing/certificates';
import { beforeAll, describe, expect, it } from 'vitest';
import { brokerOf } from './broker-address.js';
import { ConsumerConfig, DatabaseConfig, parseEnvironment } from './environment.js';

const AMQP_URL = 'amqps://orders:hunter2@mq.internal/sluice';
let authority: Certificate;
let client: Certificate;
let other: Certificate;

beforeAll(async () => {
  authority = await makeAuthority();
  [client, other] = await Promise.all([issueClient(authority, 'orders'), issueClient(authority, 'payments')]);
});

const read = (environment: Record<string, string>) =>
  brokerOf(parseEnvironment(ConsumerConfig, { AMQP_URL, ...environment }));

describe('the address of the broker', () => {
  it('has no certificates when none is configured', () => {
    expect(read({})).toEqual({ url: AMQP_URL });
  });

  it('contains the authorities, and the certificate and key of this process', () => {
    const tls = { ca: authority.cert, cert: client.cert, key: client.key };
    expect(read({ AMQP_CA: tls.ca, AMQP_CLIENT_CERT: tls.cert, AMQP_CLIENT_KEY: tls.key })).toEqual({
      url: AMQP_URL,
      tls,
    });
  });

  it('accepts several authorities, and line breaks written as \\n', () => {
    const both = `${authority.cert}\n${other.cert}`;
    expect(read({ AMQP_CA: both.replaceAll('\n', '\\n') })).toMatchObject({ tls: { ca: both } });
  });

  it('is refused with certificates for a plain-text connection', () => {
    const plain = { AMQP_URL: 'amqp://mq.internal', AMQP_CLIENT_CERT: client.cert, AMQP_CLIENT_KEY: client.key };
    expect(() => read(plain)).toThrow(
      /^AMQP_CLIENT_CERT, AMQP_CLIENT_KEY are set, and AMQP_URL says amqp:\/\/: make it amqps:\/\/$/,
    );
  });

  it('requires a certificate and its key, or neither', () => {
    expect(() => read({ AMQP_CLIENT_CERT: client.cert })).toThrow(/^AMQP_CLIENT_KEY is not set/);
    expect(() => read({ AMQP_CLIENT_KEY: client.key })).toThrow(/^AMQP_CLIENT_CERT is not set/);
    expect(() => read({ AMQP_CLIENT_CERT: client.cert, AMQP_CLIENT_KEY: other.key })).toThrow(
      /^AMQP_CLIENT_KEY is not the key of AMQP_CLIENT_CERT$/,
    );
  });

  it('is refused with invalid certificates or keys, in one line that does not contain them', () => {
    const broken = `-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----`;
    const parse = () =>
      parseEnvironment(ConsumerConfig.extend(DatabaseConfig.shape), {
        AMQP_URL,
        DATABASE_URL: 'postgresql://db',
        AMQP_CA: broken,
        AMQP_CLIENT_KEY: client.cert,
        DATABASE_CA: client.key,
      });
    expect(parse).toThrow(
      /^AMQP_CA is not valid: must be one .+; AMQP_CLIENT_KEY is not valid: must be a private key.+; DATABASE_CA is not valid: must be one .+$/,
    );
    expect(parse).not.toThrow(/hunter2|BEGIN/);
  });
});
