import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { placed, withCheckout, type Address } from './cart.js';
import { newKey } from './key.js';
import { changeCart } from './kept-cart.js';

export interface PlacedOrder {
  id: string;
  /** It waits in a queue: the service that places it has not answered yet. */
  isAccepted: boolean;
}

/**
 * Places what is in the cart. The key is kept with the cart before anything is sent: whatever happens then, the same
 * cart is the same order.
 */
export async function placeOrder(address: Address): Promise<PlacedOrder> {
  const { checkout } = changeCart((cart) => withCheckout(cart, address, newKey));
  const params = { header: { 'Idempotency-Key': checkout.key } };
  const { data, response } = await ask(() => api.POST('/orders', { params, body: checkout.body }));
  changeCart((cart) => (cart.checkout?.key === checkout.key ? placed(cart, checkout) : cart));
  return { id: data.id, isAccepted: response.status === 202 };
}
