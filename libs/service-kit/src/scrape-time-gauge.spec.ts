import { register } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ScrapeTimeGauge } from './scrape-time-gauge.js';

afterEach(() => {
  register.removeSingleMetric('probe');
  vi.useRealTimers();
});

const values = async (): Promise<Record<string, number>> => {
  const { values } = await register.getSingleMetric('probe')!.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels['part'], value]));
};
const probe = () => new ScrapeTimeGauge({ name: 'probe', help: 'A probe.', label: 'part' });
const later = (ms: number) => vi.advanceTimersByTime(ms);

describe('a gauge with a query', () => {
  it('queries only when it is scraped, and not again while the result is valid', async () => {
    vi.useFakeTimers();
    let n = 0;
    const source = vi.fn(async () => ({ held: (n += 1) }));
    probe().addSource(source);
    expect(source).not.toHaveBeenCalled();
    expect(await Promise.all([values(), values()])).toEqual([{ held: 1 }, { held: 1 }]);
    later(14_999);
    expect(await values()).toEqual({ held: 1 });
    later(1);
    expect(await values()).toEqual({ held: 2 });
    expect(source).toHaveBeenCalledTimes(2);
  });

  it('queries for at most a hundredth of the time, however long a query takes', async () => {
    vi.useFakeTimers();
    const source = vi.fn(async () => {
      later(1_000);
      return { held: source.mock.calls.length };
    });
    probe().addSource(source);
    expect(await values()).toEqual({ held: 1 });
    later(98_000);
    expect(await values()).toEqual({ held: 1 });
    later(1_000);
    expect(await values()).toEqual({ held: 2 });
  });

  it('has no value after a failed query, instead of an old one', async () => {
    vi.useFakeTimers();
    const source = vi
      .fn()
      .mockResolvedValueOnce({ held: 1, sold: 2 })
      .mockRejectedValueOnce(new Error('down'))
      .mockResolvedValueOnce({ sold: 3 });
    const end = probe().addSource(source);
    expect(await values()).toEqual({ held: 1, sold: 2 });
    later(15_000);
    await expect(values()).rejects.toThrow('down');
    later(15_000);
    expect(await values()).toEqual({ sold: 3 });
    end();
    expect(await values()).toEqual({});
  });
});
