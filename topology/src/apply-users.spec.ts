import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { administers, applyUsers, ensureVhost } from './apply-users.js';
import { emptyVhost, type Vhost } from './testing/vhost.js';
import type { BrokerUser } from './users.js';

let broker: Vhost;
let user: BrokerUser;
beforeAll(async () => {
  broker = await emptyVhost();
  user = {
    name: `${broker.name}.orders`,
    configure: '^$',
    write: '^shop$',
    read: '^(orders\\.events)$',
    facts: '^(order)\\.',
    retries: '^orders\\.',
  };
});
afterEach(() => broker.call('DELETE', `users/${user.name}`).catch(() => undefined));
afterAll(() => broker.close());

const apply = (password = 'one') => applyUsers(broker.managementUrl, broker.url, [user], { [user.name]: password });
const read = async <T>(path: string): Promise<T> => (await (await broker.call('GET', path)).json()) as T;

async function opens(password: string): Promise<boolean> {
  const url = Object.assign(new URL(broker.url), { username: user.name, password });
  return connect(url.href).then(
    async (connection) => (await connection.close(), true),
    () => false,
  );
}

describe('applying the users', () => {
  it('creates a user with its password, permissions and events, and changes nothing the second time', async () => {
    expect(await apply()).toEqual({ created: [`user ${user.name}`], corrected: [] });
    expect(await opens('one')).toBe(true);
    expect(await read(`permissions/${broker.name}/${user.name}`)).toMatchObject({
      configure: '^$',
      write: '^shop$',
      read: '^(orders\\.events)$',
    });
    expect(await read(`topic-permissions/${broker.name}/${user.name}`)).toMatchObject([
      { exchange: 'shop.events', write: '^(order)\\.', read: '^$' },
    ]);
    expect(await apply()).toEqual({ created: [], corrected: [] });
  });

  it('reverts manual changes, and reports the former values', async () => {
    await apply();
    await broker.call('PUT', `permissions/${broker.name}/${user.name}`, {
      configure: '^$',
      write: '^shop$',
      read: '.*',
    });
    await broker.call('DELETE', `topic-permissions/${broker.name}/${user.name}`);
    expect((await apply()).corrected).toEqual([
      `user ${user.name}: facts (was any)`,
      `user ${user.name}: read (was .*)`,
    ]);
    expect(await read(`permissions/${broker.name}/${user.name}`)).toMatchObject({ read: '^(orders\\.events)$' });
    expect(await apply()).toEqual({ created: [], corrected: [] });
  });

  it('changes a password without closing open connections', async () => {
    await apply();
    const connection = await connect(Object.assign(new URL(broker.url), { username: user.name, password: 'one' }).href);
    expect((await apply('two')).corrected).toEqual([`user ${user.name}: password`]);
    expect([await opens('one'), await opens('two')]).toEqual([false, true]);
    await (await connection.createChannel()).close();
    await connection.close();
  });

  it('refuses to change a user of another system with the same name', async () => {
    await broker.call('PUT', `users/${user.name}`, { password: 'theirs', tags: '' });
    await expect(apply()).rejects.toThrow(`${user.name}: a user of this name on the broker belongs to another system`);
    await broker.call('PUT', `permissions/${broker.name}/${user.name}`, { configure: '', write: '', read: '' });
    expect(await opens('theirs')).toBe(true);
  });

  it('requires a password for every user', async () => {
    await expect(applyUsers(broker.managementUrl, broker.url, [user], {})).rejects.toThrow(
      `there is no password for ${user.name}`,
    );
  });

  it('recognises administrators', async () => {
    await broker.call('PUT', `users/${user.name}`, { password: 'eyes', tags: 'management' });
    const asUser = Object.assign(new URL(broker.managementUrl), { username: user.name, password: 'eyes' }).href;
    expect([await administers(broker.managementUrl), await administers(asUser)]).toEqual([true, false]);
  });
});

describe('a vhost', () => {
  it('is created when it is missing, for the user of the URL', async () => {
    const name = `test-${randomUUID()}`;
    const url = Object.assign(new URL(broker.url), { pathname: name }).href;
    try {
      expect([await ensureVhost(broker.managementUrl, url), await ensureVhost(broker.managementUrl, url)]).toEqual([
        [`vhost ${name}`],
        [],
      ]);
      await (await connect(url)).close();
    } finally {
      await broker.call('DELETE', `vhosts/${name}`);
    }
  });
});
