import { useEffect, useEffectEvent, useState } from 'react';
import { follow } from './follow.js';
import { pause } from './pause.js';
import { isProblem, type Problem } from './problem.js';
import type { ServerEvent } from './sse.js';

/**
 * `off`: refused, or not connected; what the stream tells is read at an interval meanwhile. `ended`: nothing follows any
 * more.
 */
export type Streaming = 'connecting' | 'live' | 'off' | 'ended';

interface Options {
  onEvent: (event: ServerEvent) => void;
  /** Whose stream it is, where the path does not say it: another person's is another stream. */
  userId?: string | undefined;
  /** Stays connected while nobody sees the tab. */
  alsoHidden?: boolean;
  /** What it tells about may not exist yet: 404 is asked again. */
  isExpected?: boolean;
}

/** Between two tries of a stream that does not exist yet. Milliseconds. */
const EXPECTED_MS = 2_000;

/** Follows a stream while its component is shown. @param path undefined: none */
export function useStream(
  path: string | undefined,
  { onEvent, userId, alsoHidden = false, isExpected = false }: Options,
): { streaming: Streaming; problem: Problem | undefined } {
  const [streaming, setStreaming] = useState<Streaming>('connecting');
  const [problem, setProblem] = useState<Problem>();
  const receive = useEffectEvent(onEvent);
  useEffect(() => {
    if (path === undefined) return;
    const abort = new AbortController();
    const { signal } = abort;
    const onConnected = (isConnected: boolean): void => {
      if (!signal.aborted) setStreaming(isConnected ? 'live' : 'off');
    };
    const refused = (error: unknown): void => {
      if (signal.aborted) return;
      if (!isProblem(error)) throw error;
      onConnected(false);
      setProblem(error);
    };
    const following = { signal, alsoHidden, onConnected, onEvent: (event: ServerEvent) => receive(event) };
    void followed(path, isExpected, following).then(() => setStreaming('ended'), refused);
    return () => {
      abort.abort();
      setStreaming('connecting');
      setProblem(undefined);
    };
  }, [path, userId, alsoHidden, isExpected]);
  return { streaming, problem };
}

async function followed(path: string, isExpected: boolean, following: Parameters<typeof follow>[1]): Promise<void> {
  for (;;) {
    try {
      return await follow(path, following);
    } catch (error) {
      if (!isExpected || !isProblem(error, 404)) throw error;
      await pause(EXPECTED_MS, following.signal);
    }
  }
}
