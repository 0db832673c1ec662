import { afterEach, describe, expect, it } from 'vitest';
import { Network } from './network.js';
import { Refused } from './refused.js';
import { ServiceSwitches } from './service-switches.js';

const networks: Network[] = [];
afterEach(() => Promise.all(networks.splice(0).map((network) => network.close())));

/** Records what it is told to do. */
function recording() {
  const done: string[] = [];
  const note = async (what: string): Promise<void> => void done.push(what);
  const network = new Network(1, (service) => void done.push(`rewire ${service}`));
  networks.push(network);
  const switches = new ServiceSwitches(
    {
      names: ['gateway', 'orders', 'logistics'],
      halt: (name) => note(`halt ${name}`),
      startAgain: (name) => note(`start ${name}`),
      restart: (name) => note(`restart ${name}`),
      signal: (name, signal) => void done.push(`${signal} ${name}`),
    },
    network,
  );
  const turn = (service: string, how: string) => switches.turn(service, how);
  const of = (name: string) => switches.states().find(({ service }) => service === name);
  return { done, turn, stateOf: (name: string) => of(name)?.state, networkOf: (name: string) => of(name)?.network };
}

describe('the switches of services', () => {
  it('stop and start a service, each once', async () => {
    const { done, turn, stateOf } = recording();
    await turn('logistics', 'stop');
    await turn('logistics', 'stop');
    expect(stateOf('logistics')).toBe('stopped');
    await turn('logistics', 'start');
    await turn('logistics', 'start');
    expect(stateOf('logistics')).toBe('running');
    expect(done).toEqual(['halt logistics', 'start logistics']);
  });

  it('start a service once, although two people press', async () => {
    const { done, turn } = recording();
    await turn('logistics', 'stop');
    const first = turn('logistics', 'start');
    await expect(turn('logistics', 'start')).rejects.toThrow(Refused);
    await first;
    expect(done).toEqual(['halt logistics', 'start logistics']);
  });

  it('freeze a service until it is started, and thaw it before it is stopped', async () => {
    const { done, turn, stateOf } = recording();
    await turn('orders', 'freeze');
    expect(stateOf('orders')).toBe('frozen');
    await turn('orders', 'start');
    await turn('orders', 'freeze');
    await turn('orders', 'stop');
    expect(done).toEqual(['SIGSTOP orders', 'SIGCONT orders', 'SIGSTOP orders', 'SIGCONT orders', 'halt orders']);
  });

  it('crash a service, which its supervisor then starts again', async () => {
    const { done, turn, stateOf } = recording();
    await turn('orders', 'crash');
    expect([done, stateOf('orders')]).toEqual([['SIGKILL orders'], 'running']);
  });

  it('spare the gateway, and refuse what is no service or no switch', async () => {
    const { done, turn, stateOf } = recording();
    for (const [service, how] of [
      ['gateway', 'stop'],
      ['postgres', 'stop'],
      ['orders', 'erase'],
    ] as const)
      await expect(turn(service, how)).rejects.toThrow(Refused);
    expect([done, stateOf('gateway')]).toEqual([[], undefined]);
  });

  it('restart a service once, at the first time that its network is switched, also one that is frozen', async () => {
    const { done, turn, networkOf } = recording();
    expect(networkOf('orders')).toBe('connected');
    await turn('orders', 'freeze');
    await turn('orders', 'cut');
    expect([networkOf('orders'), networkOf('logistics')]).toEqual(['cut', 'connected']);
    await turn('orders', 'delay');
    await turn('orders', 'connect');
    expect(networkOf('orders')).toBe('connected');
    expect(done).toEqual(['SIGSTOP orders', 'rewire orders', 'SIGCONT orders', 'restart orders']);
  });

  it('start no stopped service because of its network', async () => {
    const { done, turn } = recording();
    await turn('orders', 'stop');
    await turn('orders', 'cut');
    expect(done).toEqual(['halt orders', 'rewire orders']);
  });
});
