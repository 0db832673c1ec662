import { Store } from './store.js';

/** Whether the person sees this tab. */
export const visible = new Store(!document.hidden);

document.addEventListener('visibilitychange', () => visible.set(!document.hidden));

/** A signal that aborts once the tab is hidden. @returns also what ends it */
export function untilHidden(): { hidden: AbortSignal; end: () => void } {
  const abort = new AbortController();
  const end = visible.follow(() => !visible.get() && abort.abort());
  return { hidden: abort.signal, end };
}
