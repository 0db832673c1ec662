import type { Money } from '../i18n/format.js';

export interface CartLine {
  sku: string;
  name: string;
  price: Money;
  quantity: number;
}

export interface Address {
  name: string;
  street: string;
  city: string;
  postcode: string;
  country: string;
}

/** What the API takes as an order. */
export interface OrderBody {
  lines: { sku: string; quantity: number }[];
  coupon?: string;
  address: Address;
}

/** One attempt to order: everything that is sent for it has this key, so that it is one order at most. */
export interface Checkout {
  key: string;
  body: OrderBody;
}

export interface Cart {
  lines: CartLine[];
  coupon: string;
  /** Of the first checkout. */
  key?: string;
  checkout?: Checkout;
}

export const EMPTY: Cart = { lines: [], coupon: '' };

/** Pieces of one line that the API takes. */
const MOST = 10_000;

export function add(cart: Cart, product: Omit<CartLine, 'quantity'>, quantity = 1): Cart {
  const { sku, name, price } = product;
  const has = quantityOf(cart, sku);
  if (has > 0) return withQuantity(cart, sku, has + quantity);
  return { ...cart, lines: [...cart.lines, { sku, name, price, quantity }] };
}

/** @param quantity 0 removes the line */
export function withQuantity(cart: Cart, sku: string, quantity: number): Cart {
  const wanted = Math.min(MOST, Math.max(0, Math.trunc(quantity) || 0));
  const lines = cart.lines.map((line) => (line.sku === sku ? { ...line, quantity: wanted } : line));
  return { ...cart, lines: lines.filter((line) => line.quantity > 0) };
}

export const quantityOf = ({ lines }: Cart, sku: string): number =>
  lines.find((line) => line.sku === sku)?.quantity ?? 0;

export const pieces = ({ lines }: Cart): number => lines.reduce((sum, { quantity }) => sum + quantity, 0);

/** Undefined where the lines have several currencies. */
export function subtotal({ lines }: Cart): Money | undefined {
  const currency = lines[0]?.price.currency;
  if (currency === undefined || lines.some(({ price }) => price.currency !== currency)) return undefined;
  return { amount: lines.reduce((sum, { price, quantity }) => sum + price.amount * quantity, 0), currency };
}

/**
 * Gives a cart the key of its first checkout long before that: tabs that order at the same moment do not see yet what
 * the other one has stored, and so have the same key nevertheless.
 */
export const withKey = (cart: Cart, newKey: () => string): Cart => ({ ...cart, key: cart.key ?? newKey() });

/**
 * Begins a checkout, or finds the one that was begun: while what is ordered stays the same, so does the key.
 * @param newKey makes a key that nobody else has
 */
export function withCheckout(cart: Cart, address: Address, newKey: () => string): Cart & { checkout: Checkout } {
  const body = bodyOf(cart, address);
  const begun = cart.checkout;
  const isSame = begun !== undefined && JSON.stringify(begun.body) === JSON.stringify(body);
  if (isSame) return { ...cart, checkout: begun };
  return { ...cart, checkout: { key: (begun === undefined ? cart.key : undefined) ?? newKey(), body } };
}

function bodyOf({ lines, coupon }: Cart, { name, street, city, postcode, country }: Address): OrderBody {
  return {
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    ...(coupon.trim() !== '' && { coupon: coupon.trim() }),
    address: { name, street, city, postcode, country: country.toUpperCase() },
  };
}

/** The order is placed. What was added to the cart meanwhile, in another tab, stays. */
export function placed(cart: Cart, checkout: Checkout): Cart {
  const ordered = new Map(checkout.body.lines.map(({ sku, quantity }) => [sku, quantity]));
  const rest = cart.lines.map((line) => ({ ...line, quantity: line.quantity - (ordered.get(line.sku) ?? 0) }));
  return { lines: rest.filter(({ quantity }) => quantity > 0), coupon: '' };
}
