import { expect, it } from 'vitest';
import { en } from './en.js';
import { zh } from './zh.js';

interface Texts {
  [key: string]: string | Texts;
}

/** Every text by its path, such as `cart.title`. */
const textsOf = (texts: Texts, path = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string' ? [[`${path}${key}`, text] as [string, string]] : textsOf(text, `${path}${key}.`),
  );

const english = textsOf(en);
const chinese = new Map(textsOf(zh));

it('has the same texts in both languages', () => {
  expect([...chinese.keys()].sort()).toEqual(english.map(([path]) => path).sort());
  expect(english.length).toBeGreaterThan(200);
});

it('has the same values in the texts of both languages', () => {
  const valuesIn = (text: string): string => (text.match(/\{\{\w+\}\}/g) ?? []).sort().join(' ');
  const others = english.filter(([path, text]) => valuesIn(chinese.get(path) ?? '') !== valuesIn(text));
  expect(others.map(([path]) => path)).toEqual([]);
});

it('has no text that is empty', () =>
  expect([...english, ...chinese].filter(([, text]) => text.trim() === '')).toEqual([]));
