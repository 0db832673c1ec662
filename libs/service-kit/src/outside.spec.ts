import { expect, it } from 'vitest';
import { outside, OutsideUrl } from './outside.js';

it.each(['https://cards.example.com', 'http://127.0.0.1:4242'])('%s is used as the address', (url) => {
  expect(outside(OutsideUrl.parse(url))).toBe(url);
});

it.each([undefined, 'fake'])('%s is a fake', (setting) => {
  expect(outside(OutsideUrl.parse(setting))).toBeUndefined();
});

it.each(['Fake', 'ftp://cards', 'cards.example.com', ''])('"%s" is invalid', (setting) => {
  expect(OutsideUrl.safeParse(setting).error?.issues[0]?.message).toBe('must be an http:// or https:// URL, or fake');
});
