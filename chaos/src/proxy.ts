// @ts-nocheck
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** What one direction of a connection may hold back; who sends more has to wait, as with a full window of TCP. Bytes. */
const HELD_AT_MOST = 1_000_000;
/** Said instead of bytes: this side has nothing more to say, or has broken off. */
const END = Symbol('end');
const RESET = Symbol('reset');

/**
 * A TCP proxy on loopback that can cut, swallow and slow down what goes through it. A connection that lives through being
 * swallowed goes on where it was, as after an outage of a network: nothing is lost on the way, it only comes late.
 */
export class Proxy {
  #server;
  #links = new Set();
  /** Shared by all connections, those to come too. */
  #weather = { swallows: false, delayMs: 0, refuses: false };

  /** @param {() => number} targetPort on loopback; asked at every connection */
  constructor(targetPort) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      if (this.#weather.refuses) return void client.on('error', () => {}).resetAndDestroy();
      const link = new Link(client, targetPort, this.#weather);
      this.#links.add(link);
      link.ended.then(() => this.#links.delete(link));
    });
  }

  /** @param {() => number} targetPort @returns {Promise<Proxy>} */
  static async before(targetPort) {
    const proxy = new Proxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Everything is forwarded again, what was held back first. */
  pass() {
    this.#become({ swallows: false, delayMs: 0, refuses: false });
  }

  /** Breaks every connection off, and each new one as soon as it is made (RST). Its port stays ours. */
  refuse() {
    this.#become({ refuses: true });
    this.reset();
  }

  /** Connections are accepted and nothing is forwarded, not even their end. */
  swallow() {
    this.#become({ swallows: true, delayMs: 0 });
  }

  /** @param {number} delayMs in each direction */
  delay(delayMs) {
    this.#become({ swallows: false, delayMs });
  }

  /** Breaks every connection off (RST), for both sides. New ones are as good as ever. */
  reset() {
    this.#links.forEach((link) => link.reset());
  }

  async close() {
    this.#server.close();
    this.reset();
  }

  #become(weather) {
    Object.assign(this.#weather, weather);
    this.#links.forEach((link) => link.flush());
  }
}

/** One connection through the proxy. */
class Link {
  #lanes = [];

  constructor(client, targetPort, weather) {
    this.client = client;
    this.targetPort = targetPort;
    this.weather = weather;
    this.there = new Lane(client, weather);
    this.ended = new Promise((resolve) => (this.end = resolve));
    client.on('end', () => this.#gone()).on('close', () => this.#gone());
    this.flush();
  }

  /** A client that has given up before anything got through: the server never hears of it. */
  #gone() {
    if (this.server) return;
    this.client.destroy();
    this.end();
  }

  /** The server hears of a client only when something gets through. */
  flush() {
    if (this.server || this.weather.swallows) return this.#lanes.forEach((lane) => lane.flush());
    this.server = connect({ port: this.targetPort(), host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const back = new Lane(this.server, this.weather);
    this.#lanes = [this.there, back];
    this.there.leadTo(this.server);
    back.leadTo(this.client);
    this.server.on('close', () => this.end());
  }

  reset() {
    this.client.resetAndDestroy();
    if (this.server) this.server.resetAndDestroy();
    else this.end();
  }
}

/** One direction of a connection: carries what one side says to the other, in order. */
class Lane {
  #held = [];
  #bytes = 0;
  #timer;

  constructor(from, weather) {
    this.from = from;
    this.weather = weather;
    from.on('data', (chunk) => this.#take(chunk, chunk.length)).on('end', () => this.#take(END));
    from.on('error', () => this.#take(RESET));
  }

  leadTo(to) {
    this.to = to;
    to.on('drain', () => this.flush());
    this.flush();
  }

  #take(what, bytes = 0) {
    this.#held.push({ what, bytes, due: performance.now() + this.weather.delayMs });
    this.#bytes += bytes;
    if (this.#bytes > HELD_AT_MOST) this.from.pause();
    this.flush();
  }

  flush() {
    clearTimeout(this.#timer);
    while (this.to && this.#held.length > 0 && !this.weather.swallows && !this.to.writableNeedDrain) {
      const wait = this.weather.delayMs > 0 ? this.#held[0].due - performance.now() : 0;
      if (wait > 0) return void (this.#timer = setTimeout(() => this.flush(), wait));
      this.#deliver(this.#held.shift());
    }
  }

  #deliver({ what, bytes }) {
    this.#bytes -= bytes;
    if (this.#bytes <= HELD_AT_MOST && !this.from.destroyed) this.from.resume();
    if (this.to.destroyed) return;
    if (what === RESET) this.to.resetAndDestroy();
    else if (what === END) this.to.end();
    else this.to.write(what);
  }
}
