import { useEffect } from 'react';
import { Store, useStore } from '../api/store.js';

const SHOWN_MS = 4_000;

const notice = new Store<{ text: string } | undefined>(undefined);

/** Shows a line for a moment, and has it read out. */
export const announce = (text: string): void => notice.set({ text });

export const Notice = () => {
  const shown = useStore(notice);
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => notice.set(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <div className="notice" role="status">
      {shown && <p>{shown.text}</p>}
    </div>
  );
};
