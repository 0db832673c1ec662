import { EventEmitter } from 'node:events';
import { dependencies, PermanentError } from '@sluice/messaging';
import { describe, expect, it } from 'vitest';
import { FakeSwitch, FakeSwitches } from './fake-switch.js';
import type { Parent } from './parent.js';

/** Stands for the other end of the pipe, and records what comes over it. */
class Supervisor extends EventEmitter implements Parent {
  readonly heard: object[] = [];
  send = (message: object): void => void this.heard.push(message);
  says = (message: unknown): boolean => this.emit('message', message);
}

const answerOf = (fake: FakeSwitch): Promise<string> =>
  fake.answer(
    () => 'booked',
    () => {
      throw new PermanentError('no such street');
    },
  );

describe('the fake of a provider', () => {
  it('is named to the supervisor, and does what that says until it says otherwise', async () => {
    const supervisor = new Supervisor();
    const fake = new FakeSwitches(supervisor, 'development').of('pigeons');
    expect(supervisor.heard).toEqual([{ fake: 'pigeons' }]);
    expect(await answerOf(fake)).toBe('booked');

    supervisor.says({ fake: 'pigeons', condition: 'failing' });
    await expect(answerOf(fake)).rejects.toMatchObject({ name: 'UnavailableError', dependency: 'pigeons' });
    supervisor.says({ fake: 'pigeons', condition: 'refusing' });
    await expect(answerOf(fake)).rejects.toThrow('no such street');
    supervisor.says({ fake: 'pigeons', condition: 'well' });
    expect(await answerOf(fake)).toBe('booked');
  });

  it('ignores what is meant for another, and what is no condition', async () => {
    const supervisor = new Supervisor();
    const fake = new FakeSwitches(supervisor, 'development').of('pigeons');
    for (const message of [{ fake: 'owls', condition: 'failing' }, { fake: 'pigeons', condition: 'gone' }, 'failing'])
      supervisor.says(message);
    expect(fake.condition).toBe('well');
  });

  it('answers late while it is slow', async () => {
    const fake = new FakeSwitch('pigeons', 50);
    fake.condition = 'slow';
    const before = performance.now();
    expect(await answerOf(fake)).toBe('booked');
    expect(performance.now() - before).toBeGreaterThan(45);
  });

  it('is a healthy dependency again with the first answer', async () => {
    const fake = new FakeSwitch('pigeons');
    dependencies.broken('pigeons', 'they sleep');
    fake.condition = 'failing';
    await expect(answerOf(fake)).rejects.toThrow('503');
    expect(dependencies.isSick('pigeons')).toBe(true);
    fake.condition = 'well';
    await answerOf(fake);
    expect(dependencies.isSick('pigeons')).toBe(false);
  });

  it.each(['production', 'test'])('is always well in %s, and names itself to nobody', (environment) => {
    const supervisor = new Supervisor();
    const fake = new FakeSwitches(supervisor, environment).of('pigeons');
    supervisor.says({ fake: 'pigeons', condition: 'failing' });
    expect([supervisor.heard, fake.condition]).toEqual([[], 'well']);
  });
});
