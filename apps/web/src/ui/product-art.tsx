import type { CSSProperties, ReactNode } from 'react';

/** Line drawings of 64 × 64, by what the SKU begins with. */
const DRAWINGS: Record<string, ReactNode> = {
  TEE: <path d="m22 14-12 7 5 9 5-2v22h24V28l5 2 5-9-12-7c-2 4-5.5 6-10 6s-8-2-10-6z" />,
  HOODIE: (
    <path d="M24 16 12 23 9 46h8l2-10v16h26V36l2 10h8l-3-23-12-7c-1-5-4-8-8-8s-7 3-8 8zm0 0c2 5 4.5 7 8 7s6-2 8-7M24 52V40h16v12M29 24v8m6-8v8" />
  ),
  CAP: (
    <path d="M14 38c0-14 8-22 18-22s18 8 18 22c-6-2.5-12-3.5-18-3.5S20 35.5 14 38zm0 0c-5 2-8 5-8 8 8-4 17-5.5 26-5.5s14 1 18-2.5M32 16v-3m0 21.5V16" />
  ),
  SOCKS: (
    <path d="M24 8h16v26c0 3 2 5 5 7l4 3c4 3 2 10-3 10h-8c-4 0-6-1-9-4l-4-5c-1-2-1-3-1-5zm0 8h16m-16 6h16M38 54c0-5 3-9 8-10" />
  ),
  MUG: <path d="M14 16h28v30c0 4-3 6-6 6H20c-3 0-6-2-6-6zm28 7h5c5 0 7 3 7 8s-2 9-7 9h-5M20 24v18" />,
  BOTTLE: (
    <path d="M27 8h10v7l4 6c1.5 2 2 4 2 6v25c0 3-2 4-4 4H25c-2 0-4-1-4-4V27c0-2 .5-4 2-6l4-6zm0 7h10M21 32h22M21 44h22" />
  ),
  NOTEBOOK: <path d="M18 9h30v46H18zm6 0v46M13 16h8m-8 10h8m-8 10h8m-8 10h8M31 19h10m-10 6h10" />,
  PEN: <path d="m13 51 3-11 27-27 8 8-27 27zm3-11 8 8M38 18l8 8M13 51l6-1.5" />,
  LAMP: <path d="M18 54h22M29 54V40l-9-15 16-10m-4-6 15 20c-3 4-10 7-15 3-4-4-4-12 0-23zm8 24c2 3 5 3 7 1" />,
  POSTER: <path d="M14 9h36v46H14zm5 31 9-11 8 9 4-5 8 10M41 21a4 4 0 1 1-8 0 4 4 0 0 1 8 0" />,
};
const BOX = <path d="M10 22 32 12l22 10v22L32 54 10 44zm0 0 22 10 22-10M32 32v22" />;

/** A tint of its own for each product. */
const hueOf = (sku: string): number => [...sku].reduce((hue, letter) => (hue * 31 + letter.charCodeAt(0)) % 360, 7);

/** A picture of the product, drawn: decoration, its name stands beside it. */
export const ProductArt = ({ sku }: { sku: string }) => (
  <span className="art" style={{ '--hue': hueOf(sku) } as CSSProperties} aria-hidden="true">
    <svg viewBox="0 0 64 64">{DRAWINGS[sku.split('-')[0]!] ?? BOX}</svg>
  </span>
);
