import { describe, expect, it } from 'vitest';
import { Fakes } from './fakes.js';
import { Refused } from './refused.js';

/** A process that hears what its fake is told, until it ends. */
function listening() {
  const process = { heard: [] as object[], isAlive: true };
  const send = (message: object): boolean => {
    if (process.isAlive) process.heard.push(message);
    return process.isAlive;
  };
  return Object.assign(process, { send });
}
const failing = { fake: 'carrier', condition: 'failing' };

describe('the fakes of providers', () => {
  it('are told their condition in every process, and in one that is started later', () => {
    const fakes = new Fakes();
    const [first, second, later] = [listening(), listening(), listening()];
    fakes.named('carrier', first.send);
    fakes.named('carrier', second.send);
    fakes.switch('carrier', 'failing');
    first.isAlive = false;
    fakes.named('carrier', later.send);
    expect([first.heard, second.heard, later.heard]).toEqual([[failing], [failing], [failing]]);
    fakes.switch('carrier', 'well');
    expect([first.heard, second.heard, later.heard].map(({ length }) => length)).toEqual([1, 2, 2]);
    expect(fakes.states()).toEqual([{ provider: 'carrier', condition: 'well' }]);
  });

  it('are those that a process has named, and in no other condition than there is', () => {
    const fakes = new Fakes();
    fakes.named('sms', listening().send);
    expect(() => fakes.switch('carrier', 'slow')).toThrow(Refused);
    expect(() => fakes.switch('sms', 'gone')).toThrow(Refused);
    expect(fakes.states()).toEqual([{ provider: 'sms', condition: 'well' }]);
  });
});
