import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishContracts, withdrawContract } from './contracts.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-contracts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string) => path.join(folder, name);
const read = (name: string) => JSON.parse(readFileSync(fileOf(name), 'utf8')) as { data: { required: string[] } };
const write = (name: string, value: object) => writeFileSync(fileOf(name), JSON.stringify(value));

describe('npm run contracts:publish', () => {
  it('writes a file for each message, and nothing when nothing has changed', async () => {
    const lines = await publishContracts(folder);
    expect(lines).toContain('published order.placed.v1.json');
    expect(readdirSync(folder)).toHaveLength(lines.length);
    expect(read('order.placed.v1.json')).toMatchObject({ type: 'order.placed', version: 1, kind: 'event' });
    expect(await publishContracts(folder)).toEqual(['the published contracts are up to date']);
  });

  it('writes nothing at all while one message breaks what is published', async () => {
    await publishContracts(folder);
    const published = read('order.placed.v1.json');
    published.data.required.push('colour');
    write('order.placed.v1.json', published);
    rmSync(fileOf('order.paid.v1.json'));
    await expect(publishContracts(folder)).rejects.toMatchObject({
      output: expect.stringContaining('"colour" may be absent, and its reader requires it'),
    });
    expect(readdirSync(folder)).not.toContain('order.paid.v1.json');
  });

  it('withdraws a type that is gone, and none that is there', async () => {
    write('order.framed.v1.json', { type: 'order.framed', version: 1, kind: 'event', data: {} });
    expect(await withdrawContract('order.framed', folder)).toEqual(['withdrew order.framed.v1.json']);
    expect(readdirSync(folder)).toEqual([]);
    await expect(withdrawContract('order.placed', folder)).rejects.toThrow('only what is gone');
  });
});
