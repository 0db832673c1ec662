import type { BrokerAddress } from '@sluice/messaging';
import type { CommonConfig } from './environment.js';
import { belongTogether } from './pem.js';
import { EnvironmentError } from './variable.js';

type BrokerConfig = Pick<CommonConfig, 'AMQP_URL' | 'AMQP_CA' | 'AMQP_CLIENT_CERT' | 'AMQP_CLIENT_KEY'> &
  Partial<Pick<CommonConfig, 'ANONYMOUS_MESSAGES'>>;

/**
 * Returns the address of the broker, and the certificates for its connections.
 * @throws EnvironmentError when the variables contradict each other, for example certificates for a plain-text
 *   connection
 */
export function brokerOf(config: BrokerConfig): BrokerAddress {
  return { ...addressOf(config), ...(config.ANONYMOUS_MESSAGES === 'accepted' && { acceptAnonymous: true }) };
}

function addressOf({
  AMQP_URL: url,
  AMQP_CA: ca,
  AMQP_CLIENT_CERT: cert,
  AMQP_CLIENT_KEY: key,
}: BrokerConfig): BrokerAddress {
  const given = Object.entries({ AMQP_CA: ca, AMQP_CLIENT_CERT: cert, AMQP_CLIENT_KEY: key })
    .filter(([, value]) => value)
    .map(([name]) => name);
  if (given.length === 0) return { url };
  if (!url.startsWith('amqps:'))
    throw new EnvironmentError(
      `${given.join(', ')} ${given.length > 1 ? 'are' : 'is'} set, and AMQP_URL says amqp://: make it amqps://`,
    );
  if (!cert !== !key)
    throw new EnvironmentError(
      `${cert ? 'AMQP_CLIENT_KEY' : 'AMQP_CLIENT_CERT'} is not set: a client's certificate and its key go together`,
    );
  if (cert && key && !belongTogether(cert, key))
    throw new EnvironmentError('AMQP_CLIENT_KEY is not the key of AMQP_CLIENT_CERT');
  return { url, tls: { ca, cert, key } };
}
