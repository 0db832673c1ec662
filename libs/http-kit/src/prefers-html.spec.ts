import { expect, it } from 'vitest';
import { prefersHtml } from './prefers-html.js';

it.each([
  'text/html',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'text/html, application/json',
  'application/json;q=0.5, TEXT/HTML;Q=0.9',
  'text/html, application/json;q=0',
])('prefers HTML with "%s", as a browser', (accept) => {
  expect(prefersHtml(accept)).toBe(true);
});

it.each([
  undefined,
  '',
  '*/*',
  'application/json',
  'application/json, text/html',
  'text/html;q=0.5, application/json',
  'text/html;q=0',
  'text/html;q=x',
  'text/plain',
  'text/event-stream',
])('does not prefer HTML with "%s", as a program', (accept) => {
  expect(prefersHtml(accept)).toBe(false);
});
