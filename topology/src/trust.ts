import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';

/** Certificate authority that verifies the broker, and the client certificate with its key. All PEM. */
export interface Trust {
  ca?: string;
  cert?: string;
  key?: string;
}

/**
 * TLS files of this process, from the same variables as the services: AMQP_CA, AMQP_CLIENT_CERT and AMQP_CLIENT_KEY,
 * each also as a file in NAME_FILE. Used only for `amqps://` and `https://`.
 * @throws Error that names the variable whose file cannot be read
 */
export function trust(env: NodeJS.ProcessEnv = process.env): Trust {
  const [ca, cert, key] = ['AMQP_CA', 'AMQP_CLIENT_CERT', 'AMQP_CLIENT_KEY'].map((name) => pem(name, env));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function pem(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name]?.replaceAll('\\n', '\n');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(
      `${name}_FILE names a file that cannot be read (${String((error as NodeJS.ErrnoException).code)})`,
      { cause: error },
    );
  }
}

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** `fetch` with the TLS files of this process; Node.js' own `fetch` has no option for a certificate authority. */
export async function trustingFetch(url: string, call: Call = {}): Promise<Response> {
  if (!url.startsWith('https:')) return fetch(url, call);
  const answer = await send(url, call);
  const status = answer.statusCode ?? 500;
  const body = await text(answer);
  return new Response(NO_BODY.has(status) ? null : body, { status });
}

const NO_BODY = new Set([204, 205, 304]);

function send(url: string, { body, ...options }: Call): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { ...options, ...trust() }, resolve)
      .on('error', reject)
      .end(body);
  });
}
