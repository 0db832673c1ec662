import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What one direction of a connection may hold back; a faster sender waits, as with a full window of TCP. Bytes. */
const MOST_HELD = 1_000_000;
/** In the place of bytes: this side has ended its half of the connection, or has reset it. */
const END = Symbol('end');
const RESET = Symbol('reset');

/** Shared by all connections of a proxy, those to come too. */
interface Conditions {
  swallows: boolean;
  delayMs: number;
  refuses: boolean;
}

/** Where a new connection goes, on loopback; undefined: nowhere, and it is reset. */
type TargetPort = () => number | undefined | Promise<number | undefined>;

/**
 * A TCP proxy on loopback that can cut, swallow and slow down what goes through it. A connection that survives being
 * swallowed continues where it was, as after an outage of a network: nothing is lost, it only comes late.
 */
export class Proxy {
  readonly #conditions: Conditions = { swallows: false, delayMs: 0, refuses: false };
  readonly #links = new Set<Link>();
  readonly #server;

  private constructor(targetPort: TargetPort) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      if (this.#conditions.refuses) return void client.on('error', () => {}).resetAndDestroy();
      const link = new Link(client, targetPort, this.#conditions);
      this.#links.add(link);
      void link.ended.then(() => this.#links.delete(link));
    });
  }

  static async before(targetPort: TargetPort): Promise<Proxy> {
    const proxy = new Proxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Everything is forwarded again, what was held back first. */
  pass(): void {
    this.#change({ swallows: false, delayMs: 0, refuses: false });
  }

  /** Resets every connection, and each new one as soon as it is made (RST). The port stays taken. */
  refuse(): void {
    this.#change({ refuses: true });
    this.reset();
  }

  /** Connections are accepted and nothing is forwarded, not even their end. */
  swallow(): void {
    this.#change({ swallows: true, delayMs: 0 });
  }

  /** @param delayMs in each direction */
  delay(delayMs: number): void {
    this.#change({ swallows: false, delayMs });
  }

  /** Resets every connection (RST), for both sides. New ones are forwarded. */
  reset(): void {
    this.#links.forEach((link) => link.reset());
  }

  async close(): Promise<void> {
    this.#server.close();
    this.reset();
  }

  #change(conditions: Partial<Conditions>): void {
    Object.assign(this.#conditions, conditions);
    this.#links.forEach((link) => link.flush());
  }
}

/** One connection through the proxy. */
class Link {
  readonly ended: Promise<void>;
  readonly #there: Lane;
  #back?: Lane;
  #server?: Socket;
  #isConnected = false;
  #end = (): void => {};

  constructor(
    private readonly client: Socket,
    private readonly targetPort: TargetPort,
    private readonly conditions: Conditions,
  ) {
    this.#there = new Lane(client, conditions);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    client.on('end', () => this.#clientLeft()).on('close', () => this.#clientLeft());
    this.flush();
  }

  /** A client that leaves before anything was forwarded is never connected to the server. */
  #clientLeft(): void {
    if (this.#server) return;
    this.client.destroy();
    this.#end();
  }

  /** The server is connected when something can be forwarded. */
  flush(): void {
    if (!this.#isConnected && !this.conditions.swallows) void this.#connect();
    this.#there.flush();
    this.#back?.flush();
  }

  async #connect(): Promise<void> {
    this.#isConnected = true;
    const port = await this.targetPort();
    if (port === undefined) return this.reset();
    if (this.client.destroyed) return;
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#server = server;
    this.#back = new Lane(server, this.conditions);
    this.#there.leadTo(server);
    this.#back.leadTo(this.client);
    server.on('close', () => this.#end());
  }

  reset(): void {
    this.client.resetAndDestroy();
    if (this.#server) this.#server.resetAndDestroy();
    else this.#end();
  }
}

interface Held {
  what: Buffer | typeof END | typeof RESET;
  bytes: number;
  /** Since the process began. Milliseconds. */
  due: number;
}

/** One direction of a connection: carries what one side sends to the other, in order. */
class Lane {
  readonly #held: Held[] = [];
  #bytes = 0;
  #timer?: NodeJS.Timeout;
  #to?: Socket;

  constructor(
    private readonly from: Socket,
    private readonly conditions: Conditions,
  ) {
    from.on('data', (chunk) => this.#hold(chunk, chunk.length)).on('end', () => this.#hold(END));
    from.on('error', () => this.#hold(RESET));
  }

  leadTo(to: Socket): void {
    this.#to = to.on('drain', () => this.flush());
    this.flush();
  }

  #hold(what: Held['what'], bytes = 0): void {
    this.#held.push({ what, bytes, due: performance.now() + this.conditions.delayMs });
    this.#bytes += bytes;
    if (this.#bytes > MOST_HELD) this.from.pause();
    this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    for (let [next] = this.#held; next && this.#canForward(); [next] = this.#held) {
      const waitMs = this.conditions.delayMs > 0 ? next.due - performance.now() : 0;
      if (waitMs > 0) return void (this.#timer = setTimeout(() => this.flush(), waitMs));
      this.#held.shift();
      this.#deliver(next);
    }
  }

  #canForward(): boolean {
    return this.#to !== undefined && !this.conditions.swallows && !this.#to.writableNeedDrain;
  }

  #deliver({ what, bytes }: Held): void {
    this.#bytes -= bytes;
    if (this.#bytes <= MOST_HELD && !this.from.destroyed) this.from.resume();
    if (!this.#to || this.#to.destroyed) return;
    if (what === RESET) this.#to.resetAndDestroy();
    else if (what === END) this.#to.end();
    else this.#to.write(what);
  }
}
