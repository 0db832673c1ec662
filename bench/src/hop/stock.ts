import { command, event, type Data } from '@sluice/contracts';
import { collection, TABLES_SQL, type Decision, type State } from '@sluice/persistence';
import { z } from 'zod';

/** Command of the handler that both sides run: an inbox entry, one row locked and updated, one outgoing message. */
export const Take = command('bench.take', z.object({ sku: z.string(), quantity: z.int() }));
export const Taken = event('stock.taken', z.object({ sku: z.string(), onHand: z.int(), version: z.int() }));

export const SERVICE = 'bench';
export const QUEUE = `${SERVICE}.commands`;
export const SKUS = 1_000;

export interface Stock {
  sku: string;
  onHand: number;
  version: number;
}

export const tables = {
  stock: collection<Stock>({ table: 'stock', key: 'sku', columns: ['sku', 'onHand', 'version'] }),
};

export const schemaSql = `${TABLES_SQL}
  CREATE TABLE stock (sku text PRIMARY KEY, on_hand bigint, version int NOT NULL DEFAULT 0);
  INSERT INTO stock SELECT 'sku-' || n, 1000000000, 1 FROM generate_series(0, ${SKUS - 1}) n;`;

/** Handled messages, and products that nobody takes, under ids in the order of the index. */
export const storeRows = (count: number): string => `
  INSERT INTO inbox (id) SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid
    FROM generate_series(1, ${count}) n;
  INSERT INTO stock SELECT 'other-' || n, 1000000000, 1 FROM generate_series(1, ${count}) n;`;

/** The product of a message; every one is taken in its turn. */
export const spreadOut = (index: number): string => `sku-${(index * 7_919) % SKUS}`;

export const take = (
  { sku, quantity }: Data<typeof Take>,
  { stock }: State<typeof tables>,
): Decision<void, typeof tables> => {
  const { onHand, version } = stock[sku]!;
  const row = { sku, onHand: onHand - quantity, version: version + 1 };
  return { state: { stock: { [sku]: row } }, messages: [Taken(row)] };
};
