import { afterEach, describe, expect, it, vi } from 'vitest';
import { ShopClient } from '../shop-client.js';
import { Bursts } from './bursts.js';
import { ServerSwitch } from './server-switch.js';
import { ServiceSwitches } from './service-switches.js';
import { Switches } from './switches.js';

const services = {
  names: ['gateway', 'logistics'],
  halt: vi.fn(async () => {}),
  startAgain: vi.fn(async () => {}),
  restart: vi.fn(async () => {}),
  signal: vi.fn(),
};
const kill = vi.fn(async () => {});
afterEach(() => vi.clearAllMocks());

function switches({ withBroker = true } = {}) {
  const broker = withBroker ? new ServerSwitch(kill) : undefined;
  broker?.started();
  const bursts = new Bursts(new ShopClient('http://127.0.0.1:9'), async () => 'token');
  const made = new Switches({ services: new ServiceSwitches(services), broker, bursts });
  const answers: object[] = [];
  const say = (service: string, message: unknown): void =>
    made.hear(service, message, (answer) => answers.push(answer) > 0);
  return { answers, say };
}
const STATES = {
  services: [{ service: 'logistics', state: 'running' }],
  broker: 'running',
  providers: [{ provider: 'carrier', condition: 'well' }],
};

describe('the switches', () => {
  it('answer the gateway with the state of all, under the id of its request', async () => {
    const { answers, say } = switches();
    say('logistics', { fake: 'carrier' });
    say('gateway', { id: 7, request: {} });
    await vi.waitFor(() => expect(answers).toEqual([{ id: 7, answer: STATES }]));
  });

  it('do what the gateway asks, and tell a fake', async () => {
    const { answers, say } = switches();
    say('logistics', { fake: 'carrier' });
    say('gateway', { id: 1, request: { provider: 'carrier', condition: 'refusing' } });
    say('gateway', { id: 2, request: { broker: 'crash' } });
    say('gateway', { id: 3, request: { service: 'logistics', turn: 'stop' } });
    await vi.waitFor(() => expect(answers).toHaveLength(4));
    expect(answers[0]).toEqual({ fake: 'carrier', condition: 'refusing' });
    expect([kill.mock.calls.length, services.halt.mock.calls]).toEqual([1, [['logistics']]]);
  });

  it('do nothing that another service asks', async () => {
    const { answers, say } = switches();
    for (const request of [{ service: 'logistics', turn: 'stop' }, { broker: 'crash' }])
      say('logistics', { id: 1, request });
    say('gateway', { id: 2, request: {} });
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    expect([kill.mock.calls, services.halt.mock.calls]).toEqual([[], []]);
  });

  it('refuse what is not there: another service, provider or burst, and a broker of somebody else', async () => {
    const { answers, say } = switches({ withBroker: false });
    for (const request of [
      { service: 'gateway', turn: 'stop' },
      { service: 'logistics', turn: 'cut' },
      { provider: 'carrier', condition: 'slow' },
      { broker: 'crash' },
      { burst: 'orders', count: 501 },
    ])
      say('gateway', { id: 1, request });
    await vi.waitFor(() => expect(answers).toHaveLength(5));
    for (const answer of answers)
      expect(answer).toEqual({
        id: 1,
        answer: { refused: expect.stringMatching(/^(There is no|The broker here|A burst is)/) },
      });
    expect(kill).not.toHaveBeenCalled();
  });
});
