import { useEffect, useState } from 'react';

/** Renders again at an interval. @returns `performance.now()` of the last time */
export function useNow(everyMs = 250): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
