import { Agent, request } from 'node:http';

export interface HttpAnswer<T> {
  status: number;
  body: T;
}

/** A client that keeps its connections, as load generators do: fetch needs more processor time per request. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, noDelay: true });

  constructor(private readonly port: number) {}

  call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer<T>> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const type = payload && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
    const to = {
      host: '127.0.0.1',
      port: this.port,
      agent: this.#agent,
      method,
      path,
      headers: { ...type, ...headers },
    };
    return new Promise((resolve, reject) => {
      const sent = request(to, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: (text ? JSON.parse(text) : undefined) as T });
        });
      });
      sent.on('error', reject).end(payload);
    });
  }

  /** @throws Error when the status is not one of 200 to 299 */
  async expect<T>(...args: Parameters<HttpClient['call']>): Promise<T> {
    const { status, body } = await this.call<T>(...args);
    if (status < 200 || status > 299) throw new Error(`${args[0]} ${args[1]}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  close(): void {
    this.#agent.destroy();
  }
}
