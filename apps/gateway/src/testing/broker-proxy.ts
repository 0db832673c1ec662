import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** TCP proxy to the broker that can stop forwarding what the broker sends, as when a network drops packets. */
export interface BrokerProxy {
  /** URL for the gateway to use instead of the broker's. */
  url: string;
  stopForwarding(): void;
  resumeForwarding(): void;
  close(): void;
}

export async function proxyTo(brokerUrl: string): Promise<BrokerProxy> {
  const url = new URL(brokerUrl);
  const [host, port] = [url.hostname, Number(url.port || 5672)];
  const lines: { near: Socket; far: Socket }[] = [];
  const server = createServer((near) => {
    const far = connect(port, host);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far).pipe(near);
    lines.push({ near, far });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    stopForwarding: () => lines.forEach(({ far }) => far.pause()),
    resumeForwarding: () => lines.forEach(({ far }) => far.resume()),
    close() {
      server.close();
      for (const { near } of lines) near.destroy();
    },
  };
}
