import '@sluice/contracts';
import { register } from 'prom-client';
import { expect, it } from 'vitest';
import { LateRequests } from './late-requests.js';

it('counts each late request, and logs at most one line a minute', async () => {
  const lines: string[] = [];
  let now = 0;
  const lateRequests = new LateRequests('probe.queries', { warn: (line: string) => void lines.push(line) }, () => now);
  const delivery = () => ({
    properties: { type: 'orders.order' },
    content: Buffer.of(),
    fields: { redelivered: false, exchange: '', routingKey: '' },
  });
  for (now of [0, 1, 59_999, 60_000]) lateRequests.note(delivery());
  const held = delivery();
  for (now of [60_001, 60_002]) lateRequests.note(held);
  expect(lines.map((line) => /\d+/.exec(line)?.[0])).toEqual(['1', '3']);
  const { values } = await register.getSingleMetric('sluice_messages_overdue_total')!.get();
  expect(values).toEqual([{ labels: { queue: 'probe.queries', type: 'orders.order' }, value: 5 }]);
});
