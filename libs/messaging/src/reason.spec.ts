import { describe, expect, it } from 'vitest';
import { summarise } from './dead-letters/index.js';
import { headline, reasonOf } from './reason.js';

class PrismaClientKnownRequestError extends Error {
  override readonly name = 'PrismaClientKnownRequestError';
}
/** Format of Prisma 7 in development; in production without the code. */
const PRISMA = new PrismaClientKnownRequestError(
  '\nInvalid `this.prisma.inboxEntry.create()` invocation in\n/app/apps/notifications/src/inbox.ts:41:36\n\n  38 async add() {\n→ 41   await this.prisma.inboxEntry.create(\nUnique constraint failed on the fields: (`id`)',
);
const SHORT = 'PrismaClientKnownRequestError: Unique constraint failed on the fields: (`id`)';

describe('the reason of a failure', () => {
  it('is its name and message', () => {
    expect(reasonOf(new TypeError('x is not a function'))).toBe('TypeError: x is not a function');
    expect(reasonOf('away')).toBe('away');
  });

  it('is the last line of a Prisma message and the call, in one line', () => {
    expect(reasonOf(PRISMA)).toBe(`${SHORT} (this.prisma.inboxEntry.create())`);
  });

  it('is that of the first address when all addresses have failed', () => {
    expect(reasonOf(new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('x')]))).toBe(
      'Error: connect ECONNREFUSED ::1:5432',
    );
  });
});

describe('the headline of a reason', () => {
  it.each([
    [`${PRISMA.name}: ${PRISMA.message}`, SHORT],
    [
      `${PRISMA.name}: \nInvalid \`x()\` invocation:\n\n\nCan't reach database`,
      "PrismaClientKnownRequestError: Can't reach database",
    ],
    ['Error: away\n    at somewhere', 'Error: away'],
    ['Error: \nsaid below', 'Error: said below'],
    ['Error: ', 'Error:'],
    ['', ''],
  ])('of %j is %j', (reason, expected) => {
    expect(headline(reason)).toBe(expected);
  });

  it('groups the dead letters in a summary', async () => {
    const letter = { type: 'x', reason: `${PRISMA.name}: ${PRISMA.message}`, failedAt: undefined };
    expect((await summarise([letter, letter])).groups).toEqual([{ type: 'x', reason: SHORT, count: 2 }]);
  });
});
