import { Module, type Type } from '@nestjs/common';
import { startService } from '@sluice/service-kit';

export interface Peer<P> {
  peer: P;
  stop(): Promise<void>;
}

/** Starts a service with the given controller as its only listener. */
export async function startPeer<P>(
  { url }: { url: string },
  name: string,
  controller: Type<P>,
  settings: Record<string, string> = {},
): Promise<Peer<P>> {
  class PeerModule {}
  Module({ controllers: [controller] })(PeerModule);
  const { app, stop } = await startService(
    { name, module: PeerModule },
    { AMQP_URL: url, LOG_LEVEL: 'error', ...settings },
  );
  return { peer: app.get(controller), stop };
}
