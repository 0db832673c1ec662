import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { wrongClock } from './wrong-clock.js';

const PRINTS_TIMES =
  'console.log(JSON.stringify([Date.now(), +new Date(), Date.parse(Date()), new Date(5).getTime(), new Date() instanceof Date, new (class extends Date {})().getTime()]))';

it.each([600_000, -600_000])(
  'makes a process believe that it is %d ms later, and changes nothing else about time',
  (offset) => {
    const env = { PATH: process.env.PATH, ...wrongClock(offset) };
    const [now, made, text, five, isDate, sub] = JSON.parse(
      execFileSync(process.execPath, ['-e', PRINTS_TIMES], {
        env,
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        encoding: 'utf8',
      }),
    ) as [number, number, number, number, boolean, number];
    for (const instant of [now, made, text, sub])
      expect(Math.abs(instant - (Date.now() + offset))).toBeLessThan(10_000);
    expect([five, isDate]).toEqual([5, true]);
  },
);
