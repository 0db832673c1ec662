import { setTimeout as sleep } from 'node:timers/promises';
import { Proxy } from '@sluice/stack/proxy';

/** One process behind the balancer, on loopback. */
export interface Backend {
  port: number;
  healthPort: number;
}

/** Between two checks of a backend, as in docs/operations.md: shorter than SHUTDOWN_GRACE_MS. Milliseconds. */
const CHECK_EVERY_MS = 500;
const CHECK_WITHIN_MS = 2_000;

/**
 * A balancer of TCP connections on loopback, as the Service of Kubernetes is one: each new connection goes to the next
 * backend whose `/readyz` answered 200, and stays there; without any it is reset.
 */
export class Balancer {
  readonly #stopping = new AbortController();
  #ready: readonly number[] = [];
  #given = 0;

  private constructor(
    private readonly proxy: Proxy,
    private readonly backends: () => readonly Backend[],
  ) {}

  /** @param backends those of now: asked before each check */
  static async before(backends: () => readonly Backend[]): Promise<Balancer> {
    const balancer: Balancer = new Balancer(await Proxy.before(() => balancer.#next()), backends);
    void balancer.#keepChecking();
    return balancer;
  }

  get port(): number {
    return this.proxy.port;
  }

  /** The ports that get new connections. */
  get ready(): readonly number[] {
    return this.#ready;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.proxy.close();
  }

  /** In turn. */
  #next(): number | undefined {
    return this.#ready[this.#given++ % this.#ready.length];
  }

  async #keepChecking(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const backends = this.backends();
      const answers = await Promise.all(backends.map(({ healthPort }) => isReady(healthPort)));
      this.#ready = backends.filter((_, index) => answers[index]).map(({ port }) => port);
      await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

async function isReady(healthPort: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`, {
      signal: AbortSignal.timeout(CHECK_WITHIN_MS),
    });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
