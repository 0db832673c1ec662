import { createServer, type AddressInfo } from 'node:net';
import { UnavailableError } from '@sluice/messaging';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SmtpProvider } from './provider.smtp.js';
import { MailServer, type Refusal } from './testing/mail-server.js';

let server: MailServer;
let provider: SmtpProvider;
beforeEach(async () => {
  server = new MailServer();
  await server.open();
  provider = new SmtpProvider('email', { url: server.url, from: 'shop@sluice.example' });
});
afterEach(async () => {
  provider.onModuleDestroy();
  await server.close();
});

const message = { id: 'delivery-1', to: 'ann@example.org', text: '订单已发货。', subject: '您的订单' };
const failed = (): Promise<unknown> => provider.send(message).catch((error: unknown) => error);

it('sends the message from the sender, under the delivery’s id at each try', async () => {
  for (let n = 0; n < 2; n++)
    expect(await provider.send(message)).toEqual({ status: 'sent', providerReference: '250 OK: queued as M1' });
  expect(server.received.map(({ from, to }) => [from, to])).toEqual(
    Array(2).fill(['shop@sluice.example', 'ann@example.org']),
  );
  for (const { source } of server.received) {
    expect(source).toContain('Message-ID: <delivery-1@sluice.example>\r\n');
    expect(source).toContain('Auto-Submitted: auto-generated\r\n');
    expect(source).toContain(`Subject: =?UTF-8?B?${Buffer.from(message.subject).toString('base64')}?=`);
    expect(source).toContain(Buffer.from(message.text).toString('base64'));
  }
});

it.each<NonNullable<Refusal>>([
  { at: 'RCPT TO', code: 550 },
  { at: 'RCPT TO', code: 553 },
  { at: 'DATA', code: 554 },
])('reads $code to $at as a final refusal, with the reply as the reason', async (refusal) => {
  server.refuse = () => refusal;
  expect(await provider.send(message)).toEqual({
    status: 'refused',
    reason: `${refusal.code} no, said ${refusal.at}`,
  });
});

it.each<[NonNullable<Refusal>, boolean]>([
  [{ at: 'RCPT TO', code: 450 }, true],
  [{ at: 'DATA', code: 451 }, true],
  [{ at: 'RCPT TO', code: 421 }, false],
  [{ at: 'MAIL FROM', code: 550 }, false],
  [{ at: 'MAIL FROM', code: 451 }, false],
  [{ at: 'RCPT TO', code: 530 }, true],
])('reads %j as no reply about the message for good, so that it is tried again', async (refusal, mayBePoison) => {
  server.refuse = () => refusal;
  const error = await failed();
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ dependency: 'email', mayBePoison });
});

it('sends again after a server that was down is back', async () => {
  await server.close();
  expect(await failed()).toMatchObject({ name: 'UnavailableError', dependency: 'email', mayBePoison: false });
  await server.open();
  expect(await provider.send(message)).toMatchObject({ status: 'sent' });
});

it('stops waiting for a server that does not greet', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const url = `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const waiting = new SmtpProvider('email', { url, from: 'shop@sluice.example', timeoutMs: 100 });
  await expect(waiting.send(message)).rejects.toMatchObject({ name: 'UnavailableError', dependency: 'email' });
  waiting.onModuleDestroy();
  silent.close();
});
