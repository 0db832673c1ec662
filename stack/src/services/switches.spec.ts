import { describe, expect, it } from 'vitest';
import { Switches } from './switches.js';

/** Records what it is told to do. */
function recording() {
  const done: string[] = [];
  const note = async (what: string): Promise<void> => void done.push(what);
  const switches = new Switches({
    names: ['gateway', 'orders', 'logistics'],
    halt: (name) => note(`halt ${name}`),
    startAgain: (name) => note(`start ${name}`),
    signal: (name, signal) => void done.push(`${signal} ${name}`),
  });
  const turn = (service: string, how: string) => switches.answer({ service, turn: how });
  const stateOf = async (name: string) => {
    const answer = await switches.answer({});
    return 'services' in answer ? answer.services.find(({ service }) => service === name)?.state : undefined;
  };
  return { done, switches, turn, stateOf };
}

describe('the switches', () => {
  it('stop and start a service, each once', async () => {
    const { done, turn, stateOf } = recording();
    await turn('logistics', 'stop');
    await turn('logistics', 'stop');
    expect(await stateOf('logistics')).toBe('stopped');
    await turn('logistics', 'start');
    await turn('logistics', 'start');
    expect(await stateOf('logistics')).toBe('running');
    expect(done).toEqual(['halt logistics', 'start logistics']);
  });

  it('freeze a service until it is started, and thaw it before it is stopped', async () => {
    const { done, turn, stateOf } = recording();
    await turn('orders', 'freeze');
    expect(await stateOf('orders')).toBe('frozen');
    await turn('orders', 'start');
    await turn('orders', 'freeze');
    await turn('orders', 'stop');
    expect(done).toEqual(['SIGSTOP orders', 'SIGCONT orders', 'SIGSTOP orders', 'SIGCONT orders', 'halt orders']);
  });

  it('crash a service, which its supervisor then starts again', async () => {
    const { done, turn, stateOf } = recording();
    await turn('orders', 'crash');
    expect([done, await stateOf('orders')]).toEqual([['SIGKILL orders'], 'running']);
  });

  it('spare the gateway, and refuse what is no service or no switch', async () => {
    const { done, turn, stateOf } = recording();
    for (const [service, how] of [
      ['gateway', 'stop'],
      ['postgres', 'stop'],
      ['orders', 'erase'],
    ] as const)
      expect(await turn(service, how)).toHaveProperty('refused');
    expect([done, await stateOf('gateway')]).toEqual([[], undefined]);
  });
});
