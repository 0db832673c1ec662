import { send } from './client.js';
import { reconnected } from './connection.js';
import { pause } from './pause.js';
import { Problem } from './problem.js';
import { backoff, verdictOn } from './retry.js';
import { session, signedInAgain } from './session.js';
import { EventParser, type ServerEvent } from './sse.js';
import { untilHidden, visible } from './visible.js';

/** The server sends something every 15 s at least. A connection that is silent for longer is dead. Milliseconds. */
const SILENCE_MS = 40_000;

export interface Following {
  signal: AbortSignal;
  onEvent: (event: ServerEvent) => void;
  /** Whether the stream is connected now. */
  onConnected?: (isConnected: boolean) => void;
  /**
   * Stays connected while nobody sees the tab. Others resume when it is seen again: all tabs of a browser share six
   * connections to a host (HTTP/1.1).
   */
  alsoHidden?: boolean;
}

/**
 * Follows a stream of server-sent events, with the token in a header, which EventSource cannot send. Reconnects, after
 * the last event that was received, until the server says that nothing follows (204).
 * @throws Problem there is no such stream @throws the signal's reason
 */
export async function follow(path: string, following: Following): Promise<void> {
  const { signal, alsoHidden = false, onConnected } = following;
  const stream: Stream = { path, last: undefined, received: 0 };
  for (let attempt = 1; ; attempt++) {
    if (!alsoHidden) await visible.until((isVisible) => isVisible, signal);
    const { hidden, end } = untilHidden();
    const before = stream.received;
    const isOver = await connect(stream, following, alsoHidden ? signal : AbortSignal.any([signal, hidden])).finally(
      end,
    );
    onConnected?.(false);
    if (isOver) return;
    if (stream.received > before) attempt = 0;
    if (!hidden.aborted) await pause(backoff(Math.max(1, attempt)), signal);
  }
}

interface Stream {
  path: string;
  /** Id of the last event that was received. */
  last: string | undefined;
  /** Events so far. */
  received: number;
}

/** One connection, from its request to its end. @param shown ends it @returns whether nothing follows it */
async function connect(
  stream: Stream,
  { signal, onEvent, onConnected }: Following,
  shown: AbortSignal,
): Promise<boolean> {
  const token = session.get()?.token;
  try {
    const response = await open(stream, shown);
    if (response.status === 204) return true;
    if (!response.ok) {
      onConnected?.(false);
      await refused(response, token, signal);
    } else {
      onConnected?.(true);
      await read(response, (event) => {
        stream.received += 1;
        stream.last = event.id ?? stream.last;
        onEvent(event);
      });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError && !shown.aborted) await reconnected(signal);
    else if (!shown.aborted) throw error;
  }
  return false;
}

const open = ({ path, last }: Stream, signal: AbortSignal): Promise<Response> =>
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
async function read(response: Response, onEvent: (event: ServerEvent) => void): Promise<void> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser(onEvent);
  try {
    for (;;) {
      const piece = await inTime(reader.read());
      if (!piece || piece.done) return;
      parser.push(piece.value);
    }
  } catch {
    // The connection broke.
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
