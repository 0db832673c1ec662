import { describe, expect, it } from 'vitest';
import { Refused } from './refused.js';
import { ServerSwitch } from './server-switch.js';

/** A server that runs, and may be started again as soon as `ended` resolves. */
function running() {
  const kills: string[] = [];
  const server = new ServerSwitch(async () => void kills.push('killed'));
  server.started();
  return { server, kills };
}

describe('the switch of a server', () => {
  it('holds it back until it is to start', async () => {
    const { server, kills } = running();
    await server.turn('stop');
    let mayStart = false;
    const ended = server.ended().then(() => (mayStart = true));
    await Promise.resolve();
    expect([server.state, mayStart]).toEqual(['stopped', false]);
    await server.turn('start');
    await ended;
    expect([server.state, kills]).toEqual(['starting', ['killed']]);
    server.started();
    expect(server.state).toBe('running');
  });

  it.each([
    ['stop', 'stopped'],
    ['crash', 'starting'],
  ])('says after %s that it is %s, although its keeper has not noticed its end', async (turn, state) => {
    const { server } = running();
    await server.turn(turn);
    expect(server.state).toBe(state);
  });

  it('kills it, to be started again at once', async () => {
    const { server, kills } = running();
    await server.turn('crash');
    await server.ended();
    expect([server.state, kills]).toEqual(['starting', ['killed']]);
  });

  it('kills none that boots, which would not be started again', async () => {
    const { server, kills } = running();
    await server.turn('crash');
    await server.ended();
    for (const turn of ['crash', 'stop', 'erase']) await expect(server.turn(turn)).rejects.toThrow(Refused);
    expect(kills).toHaveLength(1);
  });
});
