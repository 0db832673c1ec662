import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** May be async; what it returns is ignored. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An HTTP server that stands in for a service of another company. */
export interface HttpStub {
  url: string;
  /** Also ends the connections that are open. */
  close(): Promise<void>;
}

/** Listens on loopback. A handler that throws answers 500 with the error as text. @param port 0 takes a free one */
export async function httpStub(handler: HttpHandler, port = 0): Promise<HttpStub> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await handler(request, response);
    } catch (error) {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
