import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { EmailDelivery, InboxDelivery, SmsDelivery } from '@sluice/contracts';
import { type Service, startService } from '@sluice/service-kit';
import {
  deadLetters,
  eventually,
  httpStub,
  type HttpStub,
  publish,
  type TestBroker,
  testBroker,
  type TestDatabase,
  testDatabase,
} from '@sluice/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NotificationsConfig } from './config.js';
import { NotificationsModule } from './notifications.module.js';
import { MailServer } from './testing/mail-server.js';

/** All tiers together last less than two seconds, the time limit of a text that fails alone. */
const TIERS = { RETRY_TIERS_MS: '100,200', OUTSIDE_TIERS_MS: '300', OUTSIDE_FOR_SECONDS: 'sms=2,email=2' };
const ALL_TIERS_MS = 2_000;
/** Bound for noticing that a provider works again. */
const RECOVERED_WITHIN = { withinMs: 5_000 };

/** A provider that can be stopped and started on one port. */
class Provider {
  readonly calls: { key: string; to: string; at: number }[] = [];
  #server: HttpStub | undefined;
  url = '';
  answer: (to: string) => { status: number; headers?: Record<string, string>; body?: string } = () => ({
    status: 202,
    body: '{"id":"P1"}',
  });

  async open(): Promise<void> {
    const port = Number(this.url && new URL(this.url).port);
    this.#server = await httpStub(async (request, response) => {
      const { to } = JSON.parse(await text(request)) as { to: string };
      this.calls.push({ key: String(request.headers['idempotency-key']), to, at: performance.now() });
      const { status, headers, body } = this.answer(to);
      response.writeHead(status, headers).end(body);
    }, port);
    this.url = this.#server.url;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}

let broker: TestBroker;
let database: TestDatabase;
let sms: Provider;
let email: MailServer;
let service: Service;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: [100, 200, 300] }), testDatabase('notifications')]);
});
afterAll(() => Promise.all([broker?.close(), database?.close()]));
beforeEach(async () => {
  [sms, email] = [new Provider(), new MailServer()];
  await Promise.all([sms.open(), email.open()]);
  const urls = {
    SMS_PROVIDER_URL: sms.url,
    SMTP_URL: email.url,
    SMTP_FROM: 'shop@sluice.example',
  };
  service = await startService(
    { name: 'notifications', module: NotificationsModule, config: NotificationsConfig, database: true },
    { DATABASE_URL: database.url, AMQP_URL: broker.url, LOG_LEVEL: 'silent', ...TIERS, ...urls },
  );
});
afterEach(async () => {
  await service?.stop();
  await Promise.all([sms.close(), email.close()]);
});

const textTo = async (phone: string): Promise<string> => {
  const id = randomUUID();
  await publish(broker, SmsDelivery, { id, userId: randomUUID(), about: 'orders/1', text: 'Hello', phone });
  return id;
};
const textsTo = (count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => textTo(`+1555${n}`)));
const delivered = async (ids: readonly string[]) =>
  (
    await database.pool.query(
      'SELECT id, status, reason, provider_reference FROM deliveries WHERE id = ANY($1) AND version > 0',
      [ids],
    )
  ).rows;
const smsDead = () => deadLetters(broker, 'notifications.sms');

describe('while the SMS provider is down for longer than all tiers', () => {
  it('no text is lost or expires, e-mail and inbox continue, and all texts are sent once when it is back', async () => {
    await sms.close();
    const away = performance.now();
    const ids = await textsTo(60);
    const others = { userId: randomUUID(), about: 'orders/1', text: 'Hello' };
    const [mail, entry] = [randomUUID(), randomUUID()];
    await publish(broker, EmailDelivery, { id: mail, address: 'ann@example.org', ...others });
    await publish(broker, InboxDelivery, { id: entry, ...others });
    await eventually(async () => expect(await delivered([mail, entry])).toHaveLength(2), RECOVERED_WITHIN);
    await eventually(() => expect(performance.now() - away).toBeGreaterThan(2 * ALL_TIERS_MS), { withinMs: 6_000 });
    expect([await smsDead(), await delivered(ids)]).toEqual([[], []]);
    await sms.open();
    await eventually(async () => expect(await delivered(ids)).toHaveLength(60), RECOVERED_WITHIN);
    expect(sms.calls.map(({ key }) => key).sort()).toEqual([...ids].sort());
    expect(await smsDead()).toEqual([]);
  });
});

describe('a text that the provider', () => {
  it('refuses for good is recorded with the reason, and is no dead letter', async () => {
    sms.answer = (to) =>
      to === '+1' ? { status: 404, body: '{"message":"no such number"}' } : { status: 202, body: '{"id":"P1"}' };
    const [refused, sent] = [await textTo('+1'), await textTo('+2')];
    await eventually(async () => expect(await delivered([refused, sent])).toHaveLength(2));
    expect(await delivered([refused])).toEqual([
      { id: refused, status: 'refused', reason: '404: no such number', provider_reference: null },
    ]);
    expect(await delivered([sent])).toEqual([{ id: sent, status: 'sent', reason: null, provider_reference: 'P1' }]);
    expect([sms.calls.filter(({ to }) => to === '+1').length, await smsDead()]).toEqual([1, []]);
  });

  it('keeps failing on while others are sent goes through the tiers, becomes a dead letter at its time limit, and affects no other', async () => {
    sms.answer = (to) => (to === '+666' ? { status: 500 } : { status: 202, body: '{"id":"P1"}' });
    const bad = await textTo('+666');
    await database.pool.query(
      `INSERT INTO texts (id, user_id, about, text, phone, version) VALUES ($1, $2, 'orders/1', 'Hello', '+666', 1)`,
      [bad, randomUUID()],
    );
    const others: string[] = [];
    const letters = await eventually(
      async () => {
        const id = await textTo('+2');
        others.push(id);
        await eventually(async () => expect(await delivered([id])).toHaveLength(1), { withinMs: 2_000 });
        const found = await smsDead();
        expect(found).toHaveLength(1);
        return found;
      },
      { withinMs: 30_000 },
    );
    expect(letters[0]).toMatchObject({
      body: expect.stringContaining(bad),
      headers: { reason: 'UnavailableError: the sms answered 500' },
    });
    expect(sms.calls.filter(({ to }) => to === '+666').length).toBeGreaterThan(3);
    expect([(await delivered(others)).length, await delivered([bad])]).toEqual([others.length, []]);
    // Its tries were recorded, so that it was not sent again while it waited in a tier.
    await expect(
      database.pool.query(`SELECT FROM texts WHERE id = $1 AND asked_at > created_at + interval '2 seconds'`, [bad]),
    ).resolves.toMatchObject({ rowCount: 1 });
  }, 60_000);

  it('delays with Retry-After is not sent before that', async () => {
    sms.answer = (to) =>
      to === '+429' && sms.calls.filter((call) => call.to === to).length === 1
        ? { status: 429, headers: { 'retry-after': '2' } }
        : { status: 202, body: '{"id":"P1"}' };
    const id = await textTo('+429');
    await eventually(async () => expect(await delivered([id])).toHaveLength(1), RECOVERED_WITHIN);
    const [first, second, ...more] = sms.calls.filter(({ to }) => to === '+429').map(({ at }) => at);
    expect(more).toEqual([]);
    expect(second! - first!).toBeGreaterThanOrEqual(2_000);
    expect((await smsDead()).filter(({ body }) => body.includes(id))).toEqual([]);
  });
});

const mailTo = async (address: string): Promise<string> => {
  const id = randomUUID();
  const notice = { userId: randomUUID(), about: 'orders/1', text: 'It is on its way.', subject: 'Your order' };
  await publish(broker, EmailDelivery, { id, address, ...notice });
  return id;
};
const emailDead = () => deadLetters(broker, 'notifications.email');
/** Letters of this spec only: an earlier one may have left some. */
const dead = async (ids: readonly string[]) =>
  (await emailDead()).filter(({ body }) => ids.some((id) => body.includes(id)));

describe('an e-mail', () => {
  it('waits while the server is down, and is sent once when it is back, under the id of its delivery', async () => {
    await email.close();
    const away = performance.now();
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => mailTo(`ann${n}@example.org`)));
    await eventually(() => expect(performance.now() - away).toBeGreaterThan(2 * ALL_TIERS_MS), { withinMs: 6_000 });
    expect([await dead(ids), await delivered(ids)]).toEqual([[], []]);
    await email.open();
    await eventually(async () => expect(await delivered(ids)).toHaveLength(20), RECOVERED_WITHIN);
    const sent = email.received.map(({ source }) => /Message-ID: <(.*)@sluice.example>/.exec(source)?.[1]);
    expect(sent.sort()).toEqual([...ids].sort());
  });

  it('to a mailbox that does not exist is refused for good, and one to a busy mailbox is sent later', async () => {
    email.refuse = (to) => {
      if (to.startsWith('nobody')) return { at: 'RCPT TO', code: 550 };
      const isFirst = email.tries.filter((one) => one === to).length === 1;
      return to.startsWith('busy') && isFirst ? { at: 'RCPT TO', code: 450 } : undefined;
    };
    const [refused, later, sent] = [
      await mailTo('nobody@example.org'),
      await mailTo('busy@example.org'),
      await mailTo('ann@example.org'),
    ];
    await eventually(async () => expect(await delivered([refused, later, sent])).toHaveLength(3), RECOVERED_WITHIN);
    expect(await delivered([refused])).toMatchObject([{ status: 'refused', reason: '550 no, said RCPT TO' }]);
    expect(await delivered([later, sent])).toMatchObject([{ status: 'sent' }, { status: 'sent' }]);
    expect(email.tries.filter((to) => to === 'nobody@example.org')).toHaveLength(1);
    expect(await dead([refused, later, sent])).toEqual([]);
  });
});
