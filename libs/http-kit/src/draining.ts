import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyInstance } from 'fastify';

/** Whether this process is stopping. */
@Injectable()
export class Draining {
  #begun = false;

  constructor(@Inject(CONFIG) private readonly config: { SHUTDOWN_GRACE_MS: number }) {}

  get isDraining(): boolean {
    return this.#begun;
  }

  /**
   * Makes the process not ready. Resolves when load balancers have had time to notice; until then requests are
   * accepted.
   */
  async begin(): Promise<void> {
    this.#begun = true;
    await pause(this.config.SHUTDOWN_GRACE_MS);
  }
}

/**
 * Closing waits for open connections, and two kinds would stay open without requests: a keep-alive connection, and one
 * that a browser opened in advance. So while draining every response closes its connection, and when the server closes,
 * connections that have received nothing are closed at once.
 */
export function endConnectionsWhenDraining(fastify: FastifyInstance, draining: Draining): void {
  const open = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  fastify.addHook('preClose', (done) => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
  fastify.addHook('onSend', async (_, reply) => {
    if (draining.isDraining) void reply.header('connection', 'close');
  });
}
