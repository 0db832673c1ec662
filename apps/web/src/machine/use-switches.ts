import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, type Answer } from '../api/ask.js';
import { api } from '../api/client.js';
import type { Problem } from '../api/problem.js';
import { isProblem } from '../api/problem.js';
import { useSend } from '../ui/use-send.js';

const KEY = ['switches'];
/** While something changes by itself: a burst, or a server that starts. Milliseconds. */
const REFRESH_MS = 1_000;

const readStates = async (signal: AbortSignal) =>
  (await ask(() => api.GET('/ops/switches', { signal }), { signal })).data;

export type SwitchStates = Awaited<ReturnType<typeof readStates>>;

const changes = ({ broker, burst }: SwitchStates): boolean => broker === 'starting' || burst?.isRunning === true;

/** Undefined where there are no switches, and until it is known. */
export const useSwitchStates = (): SwitchStates | undefined =>
  useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) =>
      readStates(signal).catch((error: unknown) => {
        if (isProblem(error, 404)) return null;
        throw error;
      }),
    refetchInterval: ({ state: { data } }) => (data && changes(data) ? REFRESH_MS : false),
    refetchOnWindowFocus: false,
  }).data ?? undefined;

interface Turning {
  /** Sends what turns a switch: its answer is the state of all. */
  turn: (send: Send) => void;
  isTurning: boolean;
  problem: Problem | undefined;
}
type Send = Parameters<typeof ask<SwitchStates>>[0];

export function useTurn(): Turning {
  const queries = useQueryClient();
  const { send, isSending, problem } = useSend(async (request: Send) => {
    const { data }: Answer<SwitchStates> = await ask(request);
    queries.setQueryData(KEY, data);
    await queries.invalidateQueries({ queryKey: KEY }); // a server that was killed ends a moment later
  });
  return { turn: send, isTurning: isSending, problem };
}
