import { expect, it } from 'vitest';
import { outside, outsideUrl } from './outside.js';

it.each(['https://cards.example.com', 'http://127.0.0.1:4242'])('%s is used as the address', (url) => {
  expect(outside(outsideUrl('do nothing').parse(url))).toBe(url);
});

it.each([undefined, 'fake'])('%s is a fake', (setting) => {
  expect(outside(outsideUrl('do nothing').parse(setting))).toBeUndefined();
});

it.each(['Fake', 'ftp://cards', 'cards.example.com', ''])('"%s" is invalid', (setting) => {
  expect(outsideUrl('do nothing').safeParse(setting).error?.issues[0]?.message).toBe(
    'must be an http:// or https:// URL, or fake',
  );
});
