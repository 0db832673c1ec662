import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRoot } from '../workspace.js';
import {
  ADVANCED_CONFIG,
  configText,
  ERLANG_ARGUMENTS,
  FIRST_CONTAINER,
  JOINING_CONTAINER,
  plainListeners,
  tlsListeners,
} from './settings.js';

describe('the settings of RabbitMQ', () => {
  it('that need advanced.config are those that the nodes of docker-compose.yml take as arguments', () => {
    expect(ADVANCED_CONFIG).toBe('[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 5000}]}].\n');
    expect(readFileSync(inRoot('docker-compose.yml'), 'utf8')).toContain(
      `RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: ${ERLANG_ARGUMENTS}\n`,
    );
  });

  it('bound the memory of the log of quorum queues on every node of docker-compose.yml', () => {
    for (const settings of [FIRST_CONTAINER, JOINING_CONTAINER])
      expect(configText(settings)).toContain('raft.wal_max_size_bytes = 67108864\n');
  });

  it('open plain ports on one address, and no management API where its plugin is off', () => {
    expect(configText(plainListeners({ ip: '127.0.0.1', amqp: 5, management: 6 }))).toBe(
      'listeners.tcp.default = 127.0.0.1:5\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = 6\n',
    );
    expect(configText(plainListeners({ amqp: 5 }))).toBe('listeners.tcp.default = 5\n');
  });

  it('open no plain port with TLS, and require a certificate of each client of AMQP', () => {
    const files = { cacertfile: 'ca.pem', certfile: 'server.pem', keyfile: 'server.key' };
    expect(tlsListeners({ amqp: 5, management: 6 }, files)).toEqual({
      'listeners.tcp': 'none',
      'listeners.ssl.default': 5,
      'ssl_options.cacertfile': 'ca.pem',
      'ssl_options.certfile': 'server.pem',
      'ssl_options.keyfile': 'server.key',
      'ssl_options.verify': 'verify_peer',
      'ssl_options.fail_if_no_peer_cert': true,
      'management.ssl.port': 6,
      'management.ssl.cacertfile': 'ca.pem',
      'management.ssl.certfile': 'server.pem',
      'management.ssl.keyfile': 'server.key',
    });
  });
});
