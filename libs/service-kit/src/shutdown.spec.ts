import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { stopOnSignal, type Host } from './shutdown.js';

const logger = await createLogger({ service: 'test', level: 'silent', format: 'json' });

/** A process that records its exit code. */
class Pretended extends EventEmitter implements Host {
  private end!: (code: number) => void;
  readonly ended = new Promise<number>((resolve) => (this.end = resolve));

  exit(code: number): void {
    this.end(code);
  }
}

function start(stop: () => Promise<void>, deadlineMs?: number): Pretended {
  const host = new Pretended();
  stopOnSignal(stop, logger, host, deadlineMs);
  return host;
}

describe('shutdown', () => {
  it.each(['SIGTERM', 'SIGINT'])('finishes what is in flight on %s and ends with 0', async (signal) => {
    let finished = false;
    const host = start(async () => {
      await new Promise(setImmediate);
      finished = true;
    });
    host.emit(signal);
    expect(await host.ended).toBe(0);
    expect(finished).toBe(true);
  });

  it('ends at once with 1 on a second signal', async () => {
    const host = start(() => new Promise(() => undefined));
    host.emit('SIGTERM');
    host.emit('SIGINT');
    expect(await host.ended).toBe(1);
  });

  it('ends with 1 when stopping takes longer than its deadline', async () => {
    const host = start(() => new Promise(() => undefined), 20);
    host.emit('SIGTERM');
    expect(await host.ended).toBe(1);
  });

  it('ends with 1 when stopping fails', async () => {
    const host = start(() => Promise.reject(new Error('the pool is gone')));
    host.emit('SIGTERM');
    expect(await host.ended).toBe(1);
  });
});
