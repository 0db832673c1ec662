interface SeededProduct {
  sku: string;
  name: string;
  /** US cents. */
  price: number;
  east: number;
  west: number;
}

/** The products of a development system: a dozen, one of them scarce and one out of stock. */
export const SEEDED_PRODUCTS: readonly SeededProduct[] = [
  { sku: 'TEE-BLACK', name: 'T-shirt, black', price: 1_900, east: 6_000, west: 6_000 },
  { sku: 'TEE-WHITE', name: 'T-shirt, white', price: 1_900, east: 6_000, west: 6_000 },
  { sku: 'HOODIE-GREY', name: 'Hoodie, grey', price: 4_900, east: 5_000, west: 5_000 },
  { sku: 'CAP-NAVY', name: 'Cap, navy', price: 1_500, east: 5_000, west: 5_000 },
  { sku: 'SOCKS-WOOL', name: 'Wool socks, one pair', price: 900, east: 8_000, west: 8_000 },
  { sku: 'MUG-WHITE', name: 'Mug, white', price: 1_200, east: 5_000, west: 5_000 },
  { sku: 'MUG-ENAMEL', name: 'Mug, enamel', price: 1_600, east: 5_000, west: 5_000 },
  { sku: 'BOTTLE-STEEL', name: 'Bottle, steel, 750 ml', price: 2_400, east: 5_000, west: 5_000 },
  { sku: 'NOTEBOOK-A5', name: 'Notebook, A5, dotted', price: 1_100, east: 7_000, west: 7_000 },
  { sku: 'PEN-BLACK', name: 'Pen, black', price: 300, east: 9_000, west: 9_000 },
  { sku: 'LAMP-DESK', name: 'Desk lamp', price: 5_900, east: 3, west: 2 },
  { sku: 'POSTER-2019', name: 'Poster, 2019 edition', price: 2_500, east: 0, west: 0 },
];
