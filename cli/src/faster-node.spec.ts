import { expect, it } from 'vitest';
import { fasterNodeLine } from './faster-node.js';

it('recommends Node.js 24 to whoever runs an older one, in one line', () => {
  expect(fasterNodeLine('20.20.2')).toMatch(/^this is Node\.js 20\.20\.2: with Node\.js 24 .*$/);
  expect(fasterNodeLine('22.12.0')).toContain('Node.js 24');
});

it.each(['24.0.0', '26.1.0'])('says nothing to whoever runs %s', (version) => {
  expect(fasterNodeLine(version)).toBeUndefined();
});
