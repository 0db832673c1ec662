import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANN, BOB } from '../testing/gateway.js';
import { Ticket, Tickets } from './tickets.js';

const SECRET = { IDEMPOTENCY_SECRET: 'a secret of the tests' };
const [one, other] = [new Tickets(SECRET), new Tickets(SECRET)];
const SALE = '00000000-0000-7000-8000-000000000001';
const claimed = fc.record({ saleId: fc.uuid(), userId: fc.uuid(), round: fc.integer({ min: 1, max: 999_999_999 }) });
const mine = { saleId: SALE, userId: ANN, round: 2 };

describe('a ticket', () => {
  it('is the same on any gateway, short, safe in a URL, and valid for the claim that it was issued for', () => {
    fc.assert(
      fc.property(claimed, (claim) => {
        const ticket = one.issue(claim);
        expect(other.issue(claim)).toBe(ticket);
        expect(Ticket.parse(ticket)).toBe(ticket);
        expect([ticket.length < 120, encodeURIComponent(ticket)]).toEqual([true, ticket]);
        expect(other.verify(ticket, claim.saleId, claim.userId)).toEqual(claim);
      }),
    );
  });

  it('is different for another sale, user, round and secret', () => {
    const tickets = [mine, { ...mine, saleId: BOB }, { ...mine, userId: BOB }, { ...mine, round: 3 }].map((claim) =>
      one.issue(claim),
    );
    expect(new Set([...tickets, new Tickets({ IDEMPOTENCY_SECRET: 'another secret' }).issue(mine)]).size).toBe(5);
  });

  it('is 404 for another user, and in another sale', () => {
    const ticket = one.issue(mine);
    expect(() => one.verify(ticket, SALE, BOB)).toThrow('no such ticket');
    expect(() => one.verify(ticket, BOB, ANN)).toThrow('no such ticket');
  });

  it('is 404 when any single character is changed, also in the round', () => {
    const ticket = one.issue(mine);
    fc.assert(
      fc.property(fc.nat(ticket.length - 1), fc.constantFrom(...'0123456789ABCabc-_.'), (at, character) => {
        fc.pre(ticket[at] !== character);
        expect(() => one.verify(`${ticket.slice(0, at)}${character}${ticket.slice(at + 1)}`, SALE, ANN)).toThrow(
          'no such ticket',
        );
      }),
    );
  });

  it('cannot be signed with the secret itself: the key is separate', () => {
    const signature = createHmac('sha256', SECRET.IDEMPOTENCY_SECRET).update(`${SALE}\n${ANN}\n2`).digest('base64url');
    expect(() => one.verify(`2.${signature}`, SALE, ANN)).toThrow('no such ticket');
  });

  it.each([
    '',
    '1',
    '1.',
    `0.${'a'.repeat(43)}`,
    `01.${'a'.repeat(43)}`,
    `1.${'a'.repeat(44)}`,
    `1.${'!'.repeat(43)}`,
    `1234567890.${'a'.repeat(43)}`,
  ])('does not look like "%s"', (ticket) => {
    expect(Ticket.safeParse(ticket).success).toBe(false);
  });
});
