import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as contracts from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { CALLS_OUTSIDE, SERVICES } from './map.js';

const APPS = path.resolve(import.meta.dirname, '../../apps');
/** `@On(OrderPlaced)`, `@On(BookCarrier, { queue: 'bookings' })`, `@On(SignIn, FEW)`. */
const SUBSCRIPTION = /@On\(\s*(\w+)\s*(?:,([^)]*))?\)/g;

/** Duplicates the rule of `@On` on purpose: AMQP cannot list bindings, so this spec compares the two. */
function defaultQueue({ kind, type, transient }: contracts.Contract): string {
  if (kind === 'event') return 'events';
  if (kind === 'delivery') return type.replace('delivery.', '');
  return transient ? 'queries' : 'commands';
}

function sourcesOf(service: string): string[] {
  const folder = path.join(APPS, service, 'src');
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return files
    .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|^(testing|generated)\//.test(file))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'));
}

/** Lines such as "orders.events takes stock.reserved", one per `@On` in the service's code. */
function subscribed(service: string): string[] {
  return sourcesOf(service).flatMap((source) =>
    [...source.matchAll(SUBSCRIPTION)].map(([, name = '', options = '']) => {
      const contract = (contracts as Record<string, unknown>)[name] as contracts.Contract | undefined;
      if (!contract) throw new Error(`${service}: @On(${name}) is no contract`);
      return `${service}.${namedQueue(options, source) ?? defaultQueue(contract)} takes ${contract.type}`;
    }),
  );
}

/** Queues of a service whose handlers call an external provider, by their `@On`. */
const callingOutside = (service: string): string[] =>
  sourcesOf(service).flatMap((source) =>
    [...source.matchAll(SUBSCRIPTION)]
      .filter(([, , options = '']) => /\boutside: true\b/.test(options))
      .map(
        ([, name = '', options = '']) =>
          `${service}.${namedQueue(options, source) ?? defaultQueue((contracts as Record<string, unknown>)[name] as contracts.Contract)}`,
      ),
  );

/** Messages that libs/service-kit answers for the service; see run-service.spec.ts. */
const answeredByTheKit = (service: string): string[] =>
  Object.values(contracts.operationsOf(service) ?? {}).map(({ type }) => `${service}.ops takes ${type}`);

/** Queue name from the options, which may be a constant of the same file. */
function namedQueue(options: string, source: string): string | undefined {
  const constant = /^\s*(\w+)\s*$/.exec(options)?.[1];
  const text = constant === undefined ? options : new RegExp(`const ${constant}\\b[^;]*;`).exec(source)?.[0];
  return text === undefined ? undefined : /\bqueue:\s*'([\w-]+)'/.exec(text)?.[1];
}

const mapped = (service: string): string[] =>
  Object.entries(SERVICES[service] ?? {}).flatMap(([queue, takes]) =>
    takes.map((what) => `${service}.${queue} takes ${typeof what === 'string' ? what : what.type}`),
  );

describe('the map agrees with the listeners', () => {
  it.each(Object.keys(SERVICES))('%s has exactly one @On for each message on the map, and no other', (service) => {
    expect([...subscribed(service), ...answeredByTheKit(service)].sort()).toEqual(mapped(service).sort());
  });

  it('on the queues that call external providers and are retried for a day', () => {
    const calling = new Set(Object.keys(SERVICES).flatMap(callingOutside));
    expect([...calling].sort()).toEqual([...CALLS_OUTSIDE].sort());
  });

  it('no other app has a listener', () => {
    const others = readdirSync(APPS).filter((app) => !(app in SERVICES));
    expect(others.flatMap(subscribed)).toEqual([]);
  });
});
