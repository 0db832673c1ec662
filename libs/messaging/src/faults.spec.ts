import { describe, expect, it } from 'vitest';
import {
  LockedError,
  MalformedError,
  PermanentError,
  ProblemError,
  PublishError,
  RequestTimeoutError,
  UnavailableError,
  UnsupportedError,
} from './errors.js';
import { faultOf, isDatabaseFault, isLocked, mayBePoisonStatus, isUnavailableStatus } from './faults.js';

const sql = (code: string, severity = 'ERROR') => Object.assign(new Error(`sqlstate ${code}`), { code, severity });
const node = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
const prisma = (code: string, cause: object) =>
  Object.assign(new Error('Invalid invocation'), { code, meta: { driverAdapterError: { cause } } });
const database = (mayBePoison: boolean) => ({ whose: 'environment', dependency: 'database', mayBePoison });

describe('the fault of an error', () => {
  const no = ProblemError.of(409, 'Conflict');
  it.each([
    [no, { whose: 'caller', problem: no.problem }],
    [new PermanentError('gone'), { whose: 'message' }],
    [new MalformedError('no JSON'), { whose: 'message' }],
    [new UnsupportedError('version 2'), { whose: 'version' }],
    [new LockedError('held'), { whose: 'lock' }],
    [new PublishError('nacked', 'full'), { whose: 'environment', dependency: 'broker', mayBePoison: false }],
    [
      new UnavailableError('no answer', { dependency: 'carrier' }),
      { whose: 'environment', dependency: 'carrier', mayBePoison: false },
    ],
    [
      new UnavailableError('429', { dependency: 'sms', mayBePoison: true, retryAfterMs: 7 }),
      { whose: 'environment', dependency: 'sms', mayBePoison: true, retryAfterMs: 7 },
    ],
    [new RequestTimeoutError('late'), { whose: 'unknown' }],
    [new TypeError('a bug'), { whose: 'unknown' }],
    [undefined, { whose: 'unknown' }],
    [null, { whose: 'unknown' }],
    ['text', { whose: 'unknown' }],
  ])('%s', (error, fault) => expect(faultOf(error)).toStrictEqual(fault));
});

describe('an error of PostgreSQL', () => {
  it.each([
    ['25006', 'read-only'],
    ['53100', 'disk full'],
    ['53200', 'out of memory'],
    ['53300', 'too many connections'],
    ['58030', 'input or output failed'],
    ['57P03', 'starts up'],
    ['28P01', 'password refused'],
    ['3D000', 'not there'],
    ['26000', 'prepared statement gone'],
    ['55006', 'object in use'],
  ])('%s (%s) is the environment’s, never the message’s', (code) =>
    expect(faultOf(sql(code))).toEqual(database(false)),
  );

  it.each([
    ['57014', 'too slow'],
    ['57P01', 'connection ended'],
    ['57P02', 'a process crashed'],
    ['08006', 'connection failure'],
    ['40001', 'not serializable'],
    ['40P01', 'deadlock'],
    ['XX001', 'data corrupted'],
    ['XX002', 'index corrupted'],
  ])('%s (%s) is the environment’s, or may be caused by the message', (code) =>
    expect(faultOf(sql(code))).toEqual(database(true)),
  );

  it.each(['42703', '42P01', '23505', '23514', '22P02', '42501', '0A000', '25P02', '54000', 'XX000', '55000', 'P0001'])(
    '%s is a bug in the code',
    (code) => expect(faultOf(sql(code))).toEqual({ whose: 'unknown' }),
  );

  it('of severity FATAL or PANIC is the environment’s, whatever its code', () => {
    for (const severity of ['FATAL', 'PANIC']) expect(isDatabaseFault(sql('55000', severity))).toBe(true);
  });

  it('for a plan made stale by a migration is the environment’s', () => {
    expect(
      isDatabaseFault(Object.assign(new Error('cached plan must not change result type'), { code: '0A000' })),
    ).toBe(true);
  });

  it('for a locked row is not a database fault', () => {
    expect(faultOf(sql('55P03'))).toEqual({ whose: 'lock' });
    expect([isLocked(prisma('P2010', { originalCode: '55P03' })), isLocked(sql('55P04')), isLocked(undefined)]).toEqual(
      [true, false, false],
    );
  });
});

describe('an error without a code of the server', () => {
  it.each([
    'ECONNREFUSED',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNABORTED',
    'ENETDOWN',
  ])('%s is the environment’s', (code) => expect(faultOf(node(code))).toEqual(database(false)));
  it.each(['ECONNRESET', 'EPIPE'])('%s may be caused by the message', (code) =>
    expect(faultOf(node(code))).toEqual(database(true)),
  );
  it.each([
    ['timeout exceeded when trying to connect', false],
    ['Client has encountered a connection error and is not queryable', false],
    ['Client was closed and is not queryable', false],
    ['no connection to the database: connect ECONNREFUSED', false],
    ['Connection terminated unexpectedly', true],
    ['Query read timeout', true],
  ])('“%s” of the driver is the environment’s', (text, mayBePoison) =>
    expect(faultOf(new Error(text))).toEqual(database(mayBePoison)),
  );
  it('is found in the causes of an error, and in the failures on several addresses', () => {
    expect(isDatabaseFault(new Error('wrapped', { cause: node('ECONNREFUSED') }))).toBe(true);
    expect(isDatabaseFault(new AggregateError([new Error('x'), node('ECONNREFUSED')]))).toBe(true);
    expect(isDatabaseFault(new AggregateError([new Error('x')]))).toBe(false);
  });
  it('with one of the driver’s texts in its middle is not a database fault', () => {
    for (const text of ['Connection terminated', 'cached plan must not change result type'])
      expect(isDatabaseFault(new Error(`card ${text}`))).toBe(false);
  });
  it('suspects the message only for exact codes and texts of the driver', () => {
    for (const code of ['XEPIPE', 'EPIPEX']) expect(faultOf(sql(code, 'FATAL'))).toEqual(database(false));
    expect(faultOf(Object.assign(new Error('the Connection terminated'), { severity: 'FATAL' }))).toEqual(
      database(false),
    );
  });
  it('with ENOENT, or a code that is not a SQLSTATE text, is not a database fault', () => {
    expect([
      isDatabaseFault(node('ENOENT')),
      isDatabaseFault({ code: 53100 }),
      isDatabaseFault({ code: '53' }),
      isDatabaseFault({ code: '531000' }),
    ]).toEqual([false, false, false, false]);
  });
});

describe('an error through Prisma', () => {
  it('for a server that refuses connections is the environment’s, whatever its code', () => {
    const cause = {
      kind: 'postgres',
      originalCode: '55000',
      code: '55000',
      severity: 'FATAL',
      message: 'database "x" is not currently accepting connections',
    };
    expect(isDatabaseFault(prisma('P2039', cause))).toBe(true);
    expect(isDatabaseFault(prisma('P2039', { ...cause, severity: 'ERROR' }))).toBe(false);
  });
  it.each(['P1001', 'P1002', 'P1008', 'P1017', 'P2024'])('%s is the environment’s', (code) =>
    expect(isDatabaseFault(prisma(code, {}))).toBe(true),
  );
  it.each([
    'DatabaseNotReachable',
    'ConnectionClosed',
    'SocketTimeout',
    'TooManyConnections',
    'DatabaseDoesNotExist',
    'AuthenticationFailed',
  ])('of the adapter’s kind %s is too', (kind) => expect(isDatabaseFault(prisma('P2010', { kind }))).toBe(true));
  it('without an adapter’s cause is not', () => {
    for (const meta of [{}, { driverAdapterError: {} }])
      expect(isDatabaseFault(Object.assign(new Error('x'), { code: 'P2010', meta }))).toBe(false);
  });
  it('is classified by the server’s code, also behind Prisma’s own', () => {
    expect(
      [
        prisma('P2010', { originalCode: '57014' }),
        prisma('P2021', { kind: 'TableDoesNotExist', originalCode: '42P01' }),
        prisma('P2002', { originalCode: '23505' }),
      ].map(isDatabaseFault),
    ).toEqual([true, false, false]);
  });
});

it.each([
  [200, false],
  [400, false],
  [402, false],
  [404, false],
  [410, false],
  [422, false],
  [401, true],
  [403, true],
  [407, true],
  [408, true],
  [409, true],
  [421, true],
  [423, true],
  [425, true],
  [429, true],
  [500, true],
  [503, true],
  [599, true],
])('HTTP status %i is independent of the request: %s', (status, expected) =>
  expect(isUnavailableStatus(status)).toBe(expected),
);

it.each([
  [401, false],
  [403, false],
  [407, false],
  [421, false],
  [423, false],
  [425, false],
  [429, false],
  [408, true],
  [409, true],
  [500, true],
  [503, true],
])('HTTP status %i may be caused by the request: %s', (status, expected) =>
  expect(mayBePoisonStatus(status)).toBe(expected),
);
