import { reconnected } from '../api/connection.js';

const KEPT = 'sluice.reloaded';
/** A page that lacks a part of itself is loaded again at most so often. Milliseconds. */
const EVERY_MS = 5_000;

/**
 * The code of a view. A browser does not load a module again that it could not load: where the network was gone, or
 * another version of the page has replaced this one, the whole page is loaded anew, under the same address.
 */
export const loaded = <M>(module: Promise<M>): Promise<M> => module.catch(loadedAnew);

async function loadedAnew(): Promise<never> {
  const last = Number(sessionStorage.getItem(KEPT) ?? 0);
  await reconnected();
  setTimeout(
    () => {
      sessionStorage.setItem(KEPT, String(Date.now()));
      location.reload();
    },
    Math.max(0, last + EVERY_MS - Date.now()),
  );
  return new Promise<never>(() => {});
}
