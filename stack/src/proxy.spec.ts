import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@sluice/testing';
import { Proxy } from './proxy.js';

/** Long enough for what goes through to have gone through. Milliseconds. */
const A_MOMENT = 150;

/** One end of a connection, with what it has received. */
interface End {
  socket: Socket;
  text: string;
}
interface Client extends End {
  /** The code of the error that ended it. */
  broken?: string | undefined;
  send: (text: string) => void;
}
interface Served extends End {
  ended: boolean;
  broken: boolean;
}

let server: Server;
let proxy: Proxy;
let clients: Client[];
let served: Served[];
beforeEach(async () => {
  clients = [];
  served = [];
  server = createServer((socket) => {
    const end: Served = { text: '', ended: false, broken: false, socket };
    served.push(end);
    socket
      .on('data', (chunk) => ((end.text += chunk), socket.write(chunk)))
      .on('end', () => (end.ended = true))
      .on('error', () => (end.broken = true));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  proxy = await Proxy.before(() => port);
});
afterEach(async () => {
  clients.forEach(({ socket }) => socket.destroy());
  await proxy.close();
  served.forEach(({ socket }) => socket.destroy());
  server.close();
});

/** A client of a server that echoes everything. */
async function client(): Promise<Client> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  const end: Client = { text: '', socket, send: (text) => void socket.write(text) };
  socket
    .on('data', (chunk) => (end.text += chunk))
    .on('error', ({ code }: NodeJS.ErrnoException) => (end.broken = code));
  clients.push(end);
  await once(socket, 'connect');
  return end;
}
const receives = (end: End | undefined, text: string) => eventually(() => expect(end?.text).toBe(text));

describe('the proxy', () => {
  it('passes on what both sides say, and their end', async () => {
    const one = await client();
    one.send('hello');
    await receives(one, 'hello');
    one.socket.end();
    await eventually(() => expect(served[0]?.ended).toBe(true));
    await eventually(() => expect(one.socket.closed).toBe(true));
  });

  it('passes on any amount, to a reader of any speed', async () => {
    const one = await client();
    const text = 'x'.repeat(5_000_000);
    one.socket.pause();
    one.send(text);
    await pause(A_MOMENT);
    one.socket.resume();
    await eventually(() => expect(one.text.length).toBe(text.length));
  });

  it('breaks all connections off for both sides when it resets, and takes new ones', async () => {
    const one = await client();
    one.send('a');
    await receives(one, 'a');
    proxy.reset();
    await eventually(() => expect([one.broken, served[0]?.broken]).toEqual(['ECONNRESET', true]));
    const next = await client();
    next.send('b');
    await receives(next, 'b');
  });

  it('swallows what both sides say without either knowing, and delivers it in order when it passes again', async () => {
    const one = await client();
    one.send('before ');
    await receives(one, 'before ');
    proxy.swallow();
    one.send('dur');
    one.send('ing ');
    served[0]?.socket.write('from the server ');
    await pause(A_MOMENT);
    expect([one.text, served[0]?.text, one.broken]).toEqual(['before ', 'before ', undefined]);
    proxy.pass();
    one.send('after');
    await receives(served[0], 'before during after');
    await eventually(() => expect(one.text).toMatch(/^before from the server during after$/));
  });

  it('accepts connections while it swallows, of which the server hears later', async () => {
    proxy.swallow();
    const one = await client();
    one.send('hello');
    await pause(A_MOMENT);
    expect(served).toEqual([]);
    proxy.pass();
    await receives(one, 'hello');
  });

  it('never bothers the server with a client that has given up meanwhile', async () => {
    proxy.swallow();
    const one = await client();
    one.socket.destroy();
    await pause(A_MOMENT);
    proxy.pass();
    const next = await client();
    next.send('hello');
    await receives(next, 'hello');
    expect(served).toHaveLength(1);
  });

  it('keeps an end to itself while it swallows', async () => {
    const one = await client();
    one.send('hello');
    await receives(one, 'hello');
    proxy.swallow();
    one.socket.end();
    await pause(A_MOMENT);
    expect(served[0]?.ended).toBe(false);
    proxy.pass();
    await eventually(() => expect(served[0]?.ended).toBe(true));
  });

  it('delays each direction, and keeps the order', async () => {
    const one = await client();
    one.send('a');
    await receives(one, 'a');
    proxy.delay(300);
    const begun = performance.now();
    one.send('b');
    one.send('c');
    await receives(served[0], 'abc');
    expect(performance.now() - begun).toBeGreaterThan(290);
    await receives(one, 'abc');
    expect(performance.now() - begun).toBeGreaterThan(590);
  });

  it('refuses a client whose server refuses it', async () => {
    server.close();
    const one = await client();
    await eventually(() => expect(one.broken).toBe('ECONNRESET'));
  });

  it('refuses: breaks off what is open and whatever comes, until it passes again', async () => {
    const before = await client();
    proxy.refuse();
    await eventually(() => expect(before.broken).toBe('ECONNRESET'));
    const meanwhile = await client().catch((error: NodeJS.ErrnoException) => ({ broken: error.code }));
    await eventually(() => expect(meanwhile.broken).toBe('ECONNRESET'));
    proxy.pass();
    const after = await client();
    after.send('hello');
    await receives(after, 'hello');
    expect(served).toHaveLength(2);
  });
});
