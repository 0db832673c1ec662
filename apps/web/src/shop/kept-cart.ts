import { Store } from '../api/store.js';
import { EMPTY, type Cart } from './cart.js';

const KEPT = 'sluice.cart';

const read = (): Cart => {
  const text = localStorage.getItem(KEPT);
  return text === null ? EMPTY : (JSON.parse(text) as Cart);
};

/** The cart of this browser: it survives a reload, and all tabs have the same. */
export const keptCart = new Store<Cart>(read());

export function changeCart<C extends Cart>(change: (cart: Cart) => C): C {
  // Read again: another tab may have changed it a moment ago.
  const next = change(read());
  localStorage.setItem(KEPT, JSON.stringify(next));
  keptCart.set(next);
  return next;
}

addEventListener('storage', ({ key }) => {
  if (key === KEPT || key === null) keptCart.set(read());
});
