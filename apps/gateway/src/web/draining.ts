import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@sluice/service-kit';
import type { FastifyInstance } from 'fastify';
import type { GatewayConfig } from '../config.js';

/** Whether this gateway has been told to stop. */
@Injectable()
export class Draining {
  #begun = false;

  constructor(@Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'SHUTDOWN_GRACE_MS'>) {}

  get isDraining(): boolean {
    return this.#begun;
  }

  /** From now on it is not ready. Resolves when whoever sends requests here has had the time to notice; until then they are taken. */
  async begin(): Promise<void> {
    this.#begun = true;
    await pause(this.config.SHUTDOWN_GRACE_MS);
  }
}

/**
 * Closing waits for open connections, and two kinds would stay open although nothing is asked on them any more: one that
 * is kept for a next request, and one that a browser opened ahead. So once the gateway is leaving every answer ends its
 * connection, and when the server closes, connections on which nothing has come yet are ended at once.
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
