import { describe, expect, it } from 'vitest';
import type { Decision, State } from './tables.js';
import { alert as decide, ALERTED_AT_ONCE, MAX_WATCHES, unwatch, watch } from './watch.js';

const NOW = new Date('2026-01-01T12:00:00.000Z');
const later = (ms: number): Date => new Date(NOW.getTime() + ms);
const user = (n: number): string => `0190a6b0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const [ann, bob] = [user(1), user(2)];
const nobody: State = { numbers: {}, recipients: {}, deliveries: {}, texts: {}, watches: {} };
const after = (state: State, { state: changes = {} }: Decision): State => ({
  ...state,
  recipients: { ...state.recipients, ...changes.recipients },
  watches: { ...state.watches, ...changes.watches },
  deliveries: { ...state.deliveries, ...changes.deliveries },
});
const cap = (userId: string) => ({ sku: 'cap', userId });
const back = (version: number) => ({ sku: 'cap', name: 'Cap', version });
const LIMITS = { textsPerAccount: 50, codesPerNumber: 3, emailsPerAccount: 50 };
const alert = (state: State, restocked: ReturnType<typeof back>, userIds: string[], now: Date): Decision =>
  decide(state, restocked, userIds, LIMITS, now);
const alerted = ({ state }: Decision) =>
  Object.values(state?.deliveries ?? {}).map(({ userId, text, about, channel }) => ({ userId, text, about, channel }));
const sent = ({ messages = [] }: Decision) => messages.map(({ contract, data }) => ({ type: contract.type, data }));
const entry = (userId: string) => ({ userId, text: 'Cap is back.', about: 'products/cap', channel: 'inbox' });

describe('a watch', () => {
  it('begins once, and ends once', () => {
    const watching = after(nobody, watch(nobody, cap(ann), NOW));
    expect(watching.recipients[ann]).toMatchObject({ watches: 1 });
    expect(watch(watching, cap(ann), later(1))).toEqual({});
    const ended = after(watching, unwatch(watching, cap(ann), later(2)));
    expect(ended.recipients[ann]).toMatchObject({ watches: 0 });
    expect(unwatch(ended, cap(ann), later(3))).toEqual({});
  });

  it('is as the request that was accepted last wishes, whichever is handled last', () => {
    const ended = after(nobody, unwatch(nobody, cap(ann), later(5)));
    expect(watch(ended, cap(ann), NOW)).toEqual({});
    const again = after(ended, watch(ended, cap(ann), later(6)));
    expect(again.watches['cap/' + ann]).toMatchObject({ watching: true, version: 2 });
    expect(unwatch(again, cap(ann), later(5))).toEqual({});
  });

  it('is refused beyond the limit, and possible again when another has ended', () => {
    const state = after(nobody, watch(nobody, cap(ann), NOW));
    const full = { ...state, recipients: { [ann]: { ...state.recipients[ann]!, watches: MAX_WATCHES } } };
    expect(() => watch(full, { sku: 'mug', userId: ann }, NOW)).toThrow(/Too many watches/);
    const fewer = after(full, unwatch(full, cap(ann), later(1)));
    expect(watch(fewer, { sku: 'mug', userId: ann }, NOW).state?.watches).toHaveProperty(`mug/${ann}`);
  });
});

describe('when a product is back', () => {
  const watched = [ann, bob].reduce((state, each) => after(state, watch(state, cap(each), NOW)), nobody);

  it('tells each watcher once, however often the fact arrives, and again at the next return', () => {
    const first = alert(watched, back(7), [ann, bob], NOW);
    expect(alerted(first)).toEqual([entry(ann), entry(bob)]);
    const after1 = after(watched, first);
    expect(alerted(alert(after1, back(7), [ann, bob], NOW))).toEqual([]);
    expect(alerted(alert(after1, back(9), [ann, bob], NOW))).toEqual([entry(ann), entry(bob)]);
  });

  it('sends an e-mail too, in the watcher’s language, to who has an address and a proved number', () => {
    const known = { email: 'ann@example.org', language: 'zh' as const, verifiedAt: NOW };
    const state = {
      ...watched,
      recipients: { ...watched.recipients, [ann]: { ...watched.recipients[ann]!, ...known } },
    };
    const decision = alert(state, back(7), [ann, bob], NOW);
    expect(alerted(decision)[0]).toMatchObject({ text: 'Cap 到货了。' });
    expect(sent(decision).filter(({ type }) => type === 'delivery.email')).toMatchObject([
      { data: { userId: ann, address: 'ann@example.org', subject: 'Cap 到货了', text: 'Cap 到货了。' } },
    ]);
    expect(decision.append?.newTexts).toMatchObject([{ email: 'ann@example.org', phone: null }]);
  });

  it('tells nobody whose watch has ended meanwhile', () => {
    const ended = after(watched, unwatch(watched, cap(bob), later(1)));
    expect(alerted(alert(ended, back(7), [ann, bob], NOW))).toEqual([entry(ann)]);
  });

  it('asks for the next watchers when there may be more, and for none otherwise', () => {
    const many = Array.from({ length: ALERTED_AT_ONCE }, (_, n) => user(n));
    expect(sent(alert(watched, back(7), many, NOW))).toEqual([
      { type: 'inbox.filled', data: { userIds: [ann, bob] } },
      { type: 'notifications.alert', data: { ...back(7), after: many.at(-1) } },
    ]);
    expect(sent(alert(watched, back(7), many.slice(1), NOW)).map(({ type }) => type)).toEqual(['inbox.filled']);
    expect(sent(alert(nobody, back(7), [ann], NOW))).toEqual([]);
  });
});
