import { expect, it } from 'vitest';
import { Progress } from './progress.js';

function terminal(isTTY = false) {
  const out = { isTTY, columns: 80, text: '', write: (text: string) => void (out.text += text) };
  return out;
}

it('prints one line for a step, with what it found and its time', async () => {
  const out = terminal();
  const result = await new Progress(out).step('databases', async (note) => {
    note('applied 2 migrations');
    return 7;
  });
  expect(result).toBe(7);
  expect(out.text).toMatch(/^✓ databases: applied 2 migrations \(\d+\.\d s\)\n$/);
});

it('marks a step that fails and passes its failure on', async () => {
  const out = terminal();
  await expect(new Progress(out).step('build', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(out.text).toBe('✗ build\n');
});

it('says nothing of steps that fail because everything stops', async () => {
  const out = terminal();
  const progress = new Progress(out);
  progress.stopping = true;
  await progress.step('build', () => Promise.reject(new Error('no'))).catch(() => {});
  expect(out.text).toBe('');
});

it('leaves no spinner behind in a terminal', async () => {
  const out = terminal(true);
  const progress = new Progress(out);
  await Promise.all([progress.step('a', async () => {}), progress.step('b', async () => {})]);
  const [last] = out.text.split('\r\x1b[2K').slice(-1);
  expect(last).toMatch(/^✓ b \(.*\)\n$/);
});
