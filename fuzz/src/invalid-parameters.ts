import type { Random } from '@sluice/chaos/random';
import { parametersIn, pathOf, takesHeader, type Operation } from './operations.js';
import type { Draft } from './request.js';
import { isValid } from './schema.js';
import type { Shop } from './shop.js';

/** Parts of a path as they are sent. */
const ODD_PARTS = [
  ...['%00', '%', '%ZZ', '%E0%A4%A', '%ff', '%ED%A0%80', '..%2f..%2fetc', '%2e%2e', '%20', '1', 'null'],
  ...['x'.repeat(300), '%F0%9F%98%80', "'%20OR%201=1--", '${jndi:ldap:x}', '*', '%0d%0aset-cookie:x', ';id=1'],
];

export function invalidPath(fitting: Draft, random: Random, { document }: Shop): Draft {
  const { operation, parameters } = fitting;
  const { name, schema } = random.pick(parametersIn(operation, 'path'));
  const part = random.pick(ODD_PARTS);
  if (isValid(decoded(part), schema, document)) return { ...fitting, how: 'a made-up name' };
  const target = pathOf(operation, parameters, { [name]: part });
  // The client sends `..` as it is, and `.` may lead to another path.
  return { ...fitting, target, how: `${name} is ${part.slice(0, 40)}`, expects: [400, 404], outside: true };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '\0';
  }
}

/** Values of a query parameter as they are sent. */
const ODD_VALUES = [
  ...['0', '-1', '101', '1.5', 'abc', '', 'NaN', 'Infinity', '0x10', '1e1', '%205', '05', '9007199254740993', '%00'],
  ...['%F0%9F%98%80', 'x'.repeat(201), '%E2%80%AE', 'paid%20', 'PAID', "'"],
];
const BRACKETS = ['[]', '%5B%5D', '[0]', '[a]', '[a][b]', '['];

export function invalidQuery(fitting: Draft, random: Random, { document }: Shop): Draft {
  const { name, schema } = random.pick(parametersIn(fitting.operation, 'query'));
  const others = fitting.query
    .filter(([other]) => other !== name)
    .map(([other, value]) => `${other}=${encodeURIComponent(value)}`);
  const brackets = random.pick(BRACKETS);
  const value = random.pick(ODD_VALUES);
  const isInteger = schema !== true && schema.type === 'integer' && /^(0|[1-9]\d*)$/.test(value);
  const fits = isValid(isInteger ? Number(value) : decoded(value), schema, document);
  const wrong = random.pick([`${name}=1&${name}=2`, `${name}${brackets}=1`, ...(fits ? [] : [`${name}=${value}`])]);
  return { ...fitting, query: [], extra: [...others, wrong], how: wrong.slice(0, 60), expects: [422] };
}

const KEYS = ['', ' ', 'a b', 'cl\u00e9', '""', '"a b"', 'x'.repeat(256), `"${'x'.repeat(256)}"`];
const EVENT_IDS = ['-1', '1.5', 'x', '2147483648', '99999999999', '1 2', '+1', '1e3', '0x1', ''];

export const takesCheckedHeader = (operation: Operation): boolean =>
  takesHeader(operation, 'Idempotency-Key') || takesHeader(operation, 'Last-Event-ID');

export function invalidHeader(fitting: Draft, random: Random): Draft {
  const [name, values, expects] = takesHeader(fitting.operation, 'Idempotency-Key')
    ? (['idempotency-key', KEYS, [422]] as const)
    : (['last-event-id', EVENT_IDS, [400, 404]] as const);
  const value = random.pick(values);
  return { ...fitting, headers: { [name]: value }, how: `${name}: ${value.slice(0, 20)}`, expects };
}
