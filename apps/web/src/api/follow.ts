import { unlessUnreachable } from './ask.js';
import { send } from './client.js';
import { reconnected } from './connection.js';
import { pause } from './pause.js';
import { Problem } from './problem.js';
import { backoff, verdictOn } from './retry.js';
import { session, signedInAgain } from './session.js';
import { EventParser, type ServerEvent } from './sse.js';

/** The server sends something every 15 s at least. A connection that is silent for longer is dead. Milliseconds. */
const SILENCE_MS = 40_000;

export interface Following {
  signal: AbortSignal;
  /** Resumes after this event. */
  lastEventId?: string;
  onEvent: (event: ServerEvent) => void;
  /** Whether the stream is connected now. */
  onConnected?: (isConnected: boolean) => void;
}

/**
 * Follows a stream of server-sent events, with the token in a header, which EventSource cannot send. Reconnects, after
 * the last event that was received, until the server says that nothing follows (204).
 * @throws Problem there is no such stream @throws the signal's reason
 */
export async function follow(path: string, { signal, lastEventId, onEvent, onConnected }: Following): Promise<void> {
  let last = lastEventId;
  for (let attempt = 1; ; attempt++) {
    const token = session.get()?.token;
    const response = await open(path, last, signal).catch(unlessUnreachable);
    if (!response) await reconnected(signal);
    else if (response.status === 204) return;
    else if (response.ok) {
      onConnected?.(true);
      await read(response, signal, (event) => {
        attempt = 0;
        last = event.id ?? last;
        onEvent(event);
      });
      onConnected?.(false);
      await pause(backoff(Math.max(1, attempt)), signal);
    } else await refused(response, token, signal);
  }
}

const open = (path: string, last: string | undefined, signal: AbortSignal): Promise<Response> =>
  send(
    new Request(path, {
      signal,
      cache: 'no-store',
      headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) },
    }),
  );

async function refused(response: Response, token: string | undefined, signal: AbortSignal): Promise<void> {
  const verdict = verdictOn({ status: response.status, retryAfter: response.headers.get('retry-after') });
  if (verdict.kind === 'sign-in') return signedInAgain(token, signal);
  if (verdict.kind === 'again') return pause(verdict.afterMs, signal);
  const { status, statusText: title } = response;
  throw new Problem({ type: 'about:blank', title, status });
}

/** Reads until the connection ends, for whatever reason: what was missed follows on the next one. */
async function read(response: Response, signal: AbortSignal, onEvent: (event: ServerEvent) => void): Promise<void> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser(onEvent);
  try {
    for (;;) {
      const piece = await inTime(reader.read());
      if (!piece || piece.done) return;
      parser.push(piece.value);
    }
  } catch {
    signal.throwIfAborted();
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/** Undefined: nothing came. */
function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), SILENCE_MS);
  });
  return Promise.race([work, silence]).finally(() => clearTimeout(timer));
}
