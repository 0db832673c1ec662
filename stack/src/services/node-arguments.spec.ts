import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRoot } from '../workspace.js';
import { nodeArguments, NODE_VARIABLES } from './node-arguments.js';

const LIMIT = "console.log(require('node:v8').getHeapStatistics().heap_size_limit)";
const heapLimit = (args: readonly string[]): number =>
  Number(execFileSync(process.execPath, [...args, '-e', LIMIT], { encoding: 'utf8' }));

describe('the arguments of Node.js', () => {
  it('are the same in the image of a service', () => {
    const dockerfile = readFileSync(inRoot('Dockerfile'), 'utf8');
    const [, major] = /^FROM node:(\d+)-slim AS runtime$/m.exec(dockerfile)!;
    const command = ['node', ...nodeArguments(Number(major)), 'dist/main.js'].map((word) => `"${word}"`).join(', ');
    expect(dockerfile).toContain(`CMD [${command}]\n`);
    for (const [name, value] of Object.entries(NODE_VARIABLES))
      expect(dockerfile).toContain(`\nENV ${name}=${value}\n`);
  });

  it('leave a service as much memory as it would have without them', () => {
    expect(heapLimit(nodeArguments()) / heapLimit([])).toBeGreaterThan(0.95);
  });
});
