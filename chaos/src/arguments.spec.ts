import { describe, expect, it } from 'vitest';
import { chaosArguments, commandOf } from './arguments.js';

describe('the arguments of chaos', () => {
  it('choose a seed when none is given', () => {
    expect(chaosArguments([], () => 42)).toEqual({
      help: false,
      short: false,
      long: false,
      restore: false,
      upgrade: false,
      specs: false,
      scale: 1,
      seed: 42,
      seeds: 1,
    });
    expect(chaosArguments([]).seed).toBeGreaterThanOrEqual(1);
  });

  it('are what the command says that repeats a run', () => {
    const long = { seed: 3, short: false, long: true };
    const runs = [
      { seed: 7, short: false },
      { seed: 999_999, short: true },
      long,
      { seed: 5, restore: true },
      { ...long, scale: 0.1 },
      { ...long, only: ['alarm', 'clocks'] },
      { seed: 4, upgrade: true },
      { seed: 4, upgrade: true, from: 'HEAD~3' },
    ];
    for (const run of runs) {
      const args = commandOf(run).split(' -- ')[1]?.split(' ') ?? [];
      expect(chaosArguments(args)).toMatchObject(run);
    }
  });

  it.each([
    [['--seed', '0']],
    [['--seed', 'x']],
    [['--seeds', '1.5']],
    [['--sed', '1']],
    [['more']],
    [['--seed']],
    [['--short', '--long']],
    [['--restore', '--long']],
    [['--long', '--upgrade']],
    [['--from', 'HEAD']],
    [['--scale', '0.5']],
    [['--only', 'alarm']],
    [['--long', '--scale', '2']],
    [['--long', '--scale', '0']],
    [['--long', '--only', 'alarm,x']],
  ])('refuse %j, and say where help is', (args) => {
    expect(() => chaosArguments(args)).toThrow(expect.objectContaining({ fix: 'npm run chaos -- --help' }));
  });
});
