import { useRef, useState } from 'react';
import type { Problem } from '../api/problem.js';
import { isProblem } from '../api/problem.js';

interface Sending<A extends unknown[]> {
  send: (...args: A) => void;
  isSending: boolean;
  /** Why the API refused the last one. */
  problem: Problem | undefined;
}

/** Sends something once at a time: a second press while the first is under way does nothing. */
export function useSend<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Sending<A> {
  const busy = useRef(false);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const send = async (...args: A): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    setProblem(undefined);
    try {
      await work(...args);
    } catch (error) {
      if (!isProblem(error)) throw error;
      setProblem(error);
    } finally {
      busy.current = false;
      setSending(false);
    }
  };
  return { send: (...args) => void send(...args), isSending, problem };
}
