import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Gateway } from '../gateway.js';

export interface ReceivedEvent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** A connection to a stream. Unlike a browser's EventSource, it does not reconnect. */
export interface OpenEventSource {
  status: number;
  headers: IncomingHttpHeaders;
  /** Everything received so far, verbatim. */
  text(): string;
  events(): ReceivedEvent[];
  /** Resolves at the end of the response: true when it was ended properly, false when the connection broke. */
  ended: Promise<boolean>;
  /** Breaks the connection, as a client does that loses its network. */
  cut(): void;
}

/** Opens a stream of a listening gateway; resolves with the response's head, however long the rest takes. */
export async function listenTo(
  { app }: Gateway,
  path: string,
  { as, lastEventId }: { as?: string; lastEventId?: string | number },
): Promise<OpenEventSource> {
  const headers = {
    ...(as !== undefined && { authorization: `Bearer ${as}` }),
    ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
  };
  const url = `${await app.getUrl()}${path}`;
  const response = await new Promise<IncomingMessage>(
    (resolve, reject) => void get(url, { agent: false, headers }, resolve).on('error', reject),
  );
  let text = '';
  response
    .setEncoding('utf8')
    .on('data', (chunk: string) => (text += chunk))
    .on('error', () => undefined);
  const ended = new Promise<boolean>((resolve) => void response.on('close', () => resolve(response.complete)));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: () => text,
    events: () => eventsIn(text),
    ended,
    cut: () => void response.destroy(),
  };
}

/** Complete events only: a browser discards an incomplete last one. */
const eventsIn = (text: string): ReceivedEvent[] => text.split('\n\n').slice(0, -1).flatMap(eventIn);

function eventIn(block: string): ReceivedEvent[] {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
  const { id = '', event = 'message', data } = fields;
  return data === undefined ? [] : [{ id, event, data: JSON.parse(data) as Record<string, unknown> }];
}
