import { describe, expect, it } from 'vitest';
import { differences } from './idempotency.js';
import { textOf } from './json.js';

describe('responses to the same request', () => {
  const response = (status: number, json: object): { status: number; json: object; text: string } => ({
    status,
    json,
    text: JSON.stringify(json),
  });

  it('are alike when what differs goes on by itself, or is on its way', () => {
    expect(
      differences([
        undefined,
        response(201, { id: '1', status: 'pending' }),
        response(201, { id: '1', status: 'paid' }),
      ]),
    ).toEqual([]);
    expect(
      differences([response(202, { id: '1', status: 'accepted' }), response(201, { id: '1', name: 'x' })]),
    ).toEqual([]);
    expect(
      differences([response(503, {}), response(201, { id: '1' }), response(409, { title: 'Already paid' })], {
        isDone: ({ status }) => status === 409,
      }),
    ).toEqual([]);
  });

  it('are about another thing in another round', () => {
    const roundOf = (json: unknown): string => textOf(json, 'ticket')?.slice(0, 1) ?? '';
    const ofTickets = (...tickets: string[]): string[] =>
      differences(
        tickets.map((ticket) => response(202, { ticket })),
        { roundOf },
      );
    expect(ofTickets('1.a', '1.a', '2.b')).toEqual([]);
    expect(ofTickets('1.a', '1.b', '2.b')).toEqual([expect.stringContaining('something else')]);
  });

  it('are not when one is a refusal, or names another thing', () => {
    expect(differences([response(201, { id: '1' }), response(409, {})])).toEqual([expect.stringContaining('201, 409')]);
    expect(differences([response(201, { id: '1', sku: 'a' }), response(201, { id: '2', sku: 'a' })])).toEqual([
      expect.stringContaining('something else'),
    ]);
  });
});
