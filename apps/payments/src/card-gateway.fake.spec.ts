import { expect, it } from 'vitest';
import { FakeCardGateway } from './card-gateway.fake.js';

const amount = { amount: 100, currency: 'USD' };
const charge = (token: string, idempotencyKey: string) => ({ token, amount, idempotencyKey });

it('pays the paying card, and under the same key is the same charge', async () => {
  const gateway = new FakeCardGateway();
  const first = await gateway.capture(charge('tok_fake_4242', 'a'));
  expect(first).toEqual({ status: 'captured', reference: 'fake_a' });
  expect(await gateway.capture(charge('tok_fake_4242', 'a'))).toEqual(first);
});

it('refunds the money, and under the same key is the same refund', async () => {
  const gateway = new FakeCardGateway();
  const back = (idempotencyKey: string) => gateway.refund({ reference: 'fake_a', amount, idempotencyKey });
  const first = await back('a:refund');
  expect(await back('a:refund')).toEqual(first);
  expect(await back('b:refund')).not.toEqual(first);
});

it('declines the declined card and every unknown one', async () => {
  const gateway = new FakeCardGateway();
  expect(await gateway.capture(charge('tok_fake_0002', 'a'))).toEqual({
    status: 'declined',
    reason: 'insufficient funds',
  });
  expect(await gateway.capture(charge('tok_stolen', 'b'))).toEqual({ status: 'declined', reason: 'unknown card' });
});

it('fails five times without a reply and then pays, counted for each key', async () => {
  const gateway = new FakeCardGateway();
  const unreliable = (key: string) => gateway.capture(charge('tok_fake_0119', key));
  const silence = { name: 'UnavailableError', dependency: 'card gateway', mayBePoison: true };
  for (let time = 0; time < 5; time++) await expect(unreliable('a')).rejects.toMatchObject(silence);
  await expect(unreliable('b')).rejects.toThrow('no answer');
  expect(await unreliable('a')).toEqual({ status: 'captured', reference: 'fake_a' });
});
