import { describe, expect, it } from 'vitest';
import { fuzzArguments } from './arguments.js';

describe('npm run fuzz', () => {
  it('needs nothing', () => expect(fuzzArguments([], () => 42)).toEqual({ seed: 42, requests: 5_000 }));

  it('is bounded by requests and seconds, on this machine', () => {
    expect(
      fuzzArguments(['--seed', '7', '--requests', '10', '--seconds', '3', '--base', 'http://localhost:8080/']),
    ).toEqual({ seed: 7, requests: 10, seconds: 3, base: 'http://127.0.0.1:8080' });
  });

  it.each([
    ['--seed', '0'],
    ['--requests', 'ten'],
    ['--seconds', '1.5'],
    ['--base', 'http://example.com'],
    ['--base', 'nonsense'],
    ['--base', 'https://127.0.0.1'],
  ])('refuses %s %s', (name, value) => {
    expect(() => fuzzArguments([name, value])).toThrow(value);
  });
});
