import type { Random } from '@sluice/chaos/random';
import { CARD } from '@sluice/stack/shop-client';
import { isObject } from './json.js';
import type { Draft } from './request.js';
import { ownedReferenceOf } from './resources.js';
import type { Shop } from './shop.js';

const encoded = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');

/** No token, text that is none, one with another signature, a good one that was changed. */
export function invalidToken(fitting: Draft, random: Random, { callers }: Shop): Draft {
  const good = callers.tokenOf(callers.customers[0] ?? '') ?? '';
  const [head, claims, signature = ''] = good.split('.');
  const admin = encoded({ sub: '00000000-0000-7000-8000-000000000000', role: 'admin', exp: 4_102_444_800 });
  const token = random.pick([
    ...['', 'Bearer', 'Bearer x', 'Bearer a.b.c', 'Basic YW5uOmI='],
    `Bearer ${encoded({ alg: 'none' })}.${admin}.`,
    `${head}.${admin}.${signature}`,
    `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
    good.slice('Bearer '.length),
    `${good}, ${good}`,
  ]);
  return { ...fitting, caller: 'nobody', token, expects: [401] };
}

export const wrongRole = (fitting: Draft, random: Random, { callers }: Shop): Draft => ({
  ...fitting,
  caller: random.pick(callers.customers),
  expects: [403],
});

/** What belongs to another caller is not found. */
export function resourceOfAnother(fitting: Draft, random: Random, { resources }: Shop): Draft {
  const reference = ownedReferenceOf(fitting.operation);
  const resource = reference && resources.pick(reference.kind, random, ({ owner }) => owner !== fitting.caller);
  if (!resource) return { ...fitting, how: 'nothing of anybody else is there yet' };
  const parameters = {
    ...fitting.parameters,
    ...(resource.sale && { id: resource.sale }),
    [reference.name]: resource.value,
  };
  const pays = isObject(fitting.json) && fitting.json.card !== undefined;
  const json = pays ? { ...fitting.json, card: CARD } : fitting.json;
  return { ...fitting, parameters, json, headers: {}, how: `what is ${resource.owner}'s`, expects: [404] };
}
