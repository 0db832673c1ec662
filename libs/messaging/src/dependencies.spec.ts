import { describe, expect, it, vi } from 'vitest';
import { Dependencies } from './dependencies.js';

describe('a dependency', () => {
  it('is sick after three failures in a row, with start and reason, and healthy after one success', () => {
    const dependencies = new Dependencies();
    const began = Date.now();
    dependencies.failed('carrier', 'first');
    dependencies.failed('carrier', 'second');
    expect(dependencies.all()).toEqual([{ name: 'carrier', state: 'healthy' }]);
    dependencies.failed('carrier', 'third');
    const [sick] = dependencies.all();
    expect(sick).toEqual({ name: 'carrier', state: 'sick', since: expect.any(String), because: 'third' });
    expect(Date.parse(sick!.since!)).toBeGreaterThanOrEqual(began);
    expect(dependencies.isSick('carrier')).toBe(true);
    dependencies.succeeded('carrier');
    dependencies.failed('carrier', 'again');
    expect([dependencies.all(), dependencies.isSick('carrier')]).toEqual([
      [{ name: 'carrier', state: 'healthy' }],
      false,
    ]);
  });

  it('is sick since the first failure of the current row, not an earlier or later one', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const dependencies = new Dependencies();
      const failAt = (second: number) => {
        vi.setSystemTime(second * 1_000);
        dependencies.failed('carrier', `at ${second}`);
      };
      failAt(1);
      dependencies.succeeded('carrier');
      for (const second of [2, 3, 4]) failAt(second);
      expect(dependencies.all()).toEqual([
        { name: 'carrier', state: 'sick', since: '1970-01-01T00:00:02.000Z', because: 'at 4' },
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is sick at once when it reports so itself', () => {
    const dependencies = new Dependencies();
    dependencies.broken('broker', 'disk alarm');
    expect(dependencies.all()).toEqual([
      { name: 'broker', state: 'sick', since: expect.any(String), because: 'disk alarm' },
    ]);
  });

  it('reports whether it has succeeded after an instant', () => {
    const dependencies = new Dependencies();
    const before = performance.now() - 1;
    expect(dependencies.hasSucceededSince('carrier', before)).toBe(false);
    dependencies.failed('carrier', 'no');
    expect(dependencies.hasSucceededSince('carrier', -1)).toBe(false);
    dependencies.succeeded('carrier');
    expect([
      dependencies.hasSucceededSince('carrier', before),
      dependencies.hasSucceededSince('carrier', performance.now() + 1),
    ]).toEqual([true, false]);
    expect([dependencies.hasSucceededSince('sms', before), dependencies.isSick('sms')]).toEqual([false, false]);
  });
});
