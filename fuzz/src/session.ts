// @ts-nocheck
import { curlOf } from './curl.js';
import { judge } from './judge.js';

/** One run against one gateway: sends requests, judges the answers, writes them down. */
export class Session {
  /**
   * @param {{ base: string, seed: number, document: object, transport: import('./transport.js').Transport, world:
   * import('./world.js').World, actors: import('./actors.js').Actors, book: import('./book.js').Book }} parts
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /**
   * @param {import('./judge.js').Request} request
   * @returns {Promise<import('./transport.js').Answer & { json: any }>}
   */
  async ask(request) {
    const answer = await this.transport.send(request);
    this.book.note(request, answer);
    for (const what of judge(request, answer, this.document)) this.fault(request, what);
    const json = jsonOf(answer);
    if (answer.status >= 200 && answer.status < 300)
      this.world.learn(request.operation, request.parameters ?? {}, request.actor, json);
    if (request.actor === 'leaver' && answer.status < 300) await this.actors.renew();
    return { ...answer, json };
  }

  /** @param {import('./judge.js').Request} request @param {string} what */
  fault(request, what) {
    const how = [request.kind, request.how].filter(Boolean).join(', ');
    this.book.fault(
      request.operation.key,
      `${what} [${how}; ${request.actor}]`,
      `seed ${this.seed}, request ${request.n}: ${curlOf(this.base, request)}`,
    );
  }

  /**
   * Some at a time, until there are no more or the time is up.
   * @param {Iterable<() => Promise<unknown>>} tasks
   * @param {{ atOnce: number, until?: number }} options until: ms since the epoch
   */
  async all(tasks, { atOnce, until = Infinity }) {
    const left = tasks[Symbol.iterator]();
    const worker = async () => {
      for (let next = left.next(); !next.done && Date.now() < until; next = left.next()) await next.value();
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }
}

/** @param {{ text: string }} answer @returns {any} undefined: no JSON */
export function jsonOf({ text }) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
