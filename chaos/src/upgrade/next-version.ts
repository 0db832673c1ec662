import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Migration } from '@sluice/stack/databases/migrations';

/**
 * The next version of the shop: payments states the receipt of a capture in `payment.captured`, orders stores it and
 * shows it to its customer. The three changes of an upgrade are in it: a new optional field of a fact, one of a reply,
 * and a new column.
 */
export interface Edit {
  file: string;
  /** Occurs once. */
  from: string;
  to: string;
}

/** The service whose database changes, and what has to be compiled. */
export const CHANGED_DATABASE = 'orders';
export const CHANGED_APPS = ['orders', 'payments', 'gateway'];

export const EDITS: readonly Edit[] = [
  {
    file: 'libs/contracts/src/payments.ts',
    from: "event('payment.captured', z.object({ ...fact, paymentId: Id, amount: Money }))",
    to: "event('payment.captured', z.object({ ...fact, paymentId: Id, amount: Money, receipt: z.string().optional() }))",
  },
  {
    file: 'libs/contracts/src/orders.ts',
    from: '  paidAt: Instant.optional(),\n',
    to: '  paidAt: Instant.optional(),\n  receipt: z.string().optional(),\n',
  },
  {
    file: 'apps/payments/src/capture.ts',
    from: '    paymentId: paid.captureId,\n',
    to: '    paymentId: paid.captureId,\n    receipt: `receipt of ${paid.captureId}`,\n',
  },
  {
    file: 'prisma/orders/schema.prisma',
    from: '  paymentId               String?   @map("payment_id") @db.Uuid\n',
    to: '  paymentId               String?   @map("payment_id") @db.Uuid\n  receipt                 String?\n',
  },
  {
    file: 'apps/orders/src/tables.ts',
    from: '  paymentId: string | null;\n',
    to: '  paymentId: string | null;\n  receipt?: string | null;\n',
  },
  { file: 'apps/orders/src/tables.ts', from: "      'paymentId',\n", to: "      'paymentId',\n      'receipt',\n" },
  {
    file: 'apps/orders/src/order-steps.ts',
    from: "| 'paymentId' | 'paidAt' |",
    to: "| 'paymentId' | 'receipt' | 'paidAt' |",
  },
  // Written by the new version, whoever has captured: payments of the version before states no receipt.
  {
    file: 'apps/orders/src/order.ts',
    from: '{ paymentId, amount }: Data<typeof PaymentCaptured>',
    to: '{ paymentId, amount, receipt }: Data<typeof PaymentCaptured>',
  },
  {
    file: 'apps/orders/src/order.ts',
    from: 'const paid = { paymentId, paidAt: now };',
    to: 'const paid = { paymentId, receipt: receipt ?? paymentId, paidAt: now };',
  },
  {
    file: 'apps/orders/src/cancellation.ts',
    from: '{ ...order, paymentId, paidAt: now, refundedAt: now }',
    to: '{ ...order, paymentId, receipt: paymentId, paidAt: now, refundedAt: now }',
  },
  // Read with a fallback: a row that the version before has written has no receipt.
  {
    file: 'apps/orders/src/order.view.ts',
    from: '    ...(paidAt && { paidAt: paidAt.toISOString() }),\n',
    to: '    ...(paidAt && { paidAt: paidAt.toISOString() }),\n    ...(order.paymentId !== null && { receipt: order.receipt ?? order.paymentId }),\n',
  },
];

/** Applied while the version before runs, and goes on running: it neither reads nor writes the column. */
export const EXPAND: Migration = {
  name: '99990101000000_receipt',
  script: 'ALTER TABLE orders ADD COLUMN receipt text;\n',
};

/**
 * Applied when no process of the version before runs. The rows that it has written are completed first, in the order in
 * which units of work lock them; the check then holds for each write, and is verified without a lock that writers meet.
 */
export const CONTRACT: readonly Migration[] = [
  {
    name: '99990101000001_receipt_of_every_payment',
    script: `WITH unwritten AS (
  SELECT id FROM orders WHERE payment_id IS NOT NULL AND receipt IS NULL ORDER BY id FOR NO KEY UPDATE
)
UPDATE orders SET receipt = payment_id::text FROM unwritten WHERE orders.id = unwritten.id;
`,
  },
  {
    name: '99990101000002_receipt_required',
    script:
      'ALTER TABLE orders ADD CONSTRAINT orders_receipt_check CHECK (payment_id IS NULL OR receipt IS NOT NULL) NOT VALID;\n',
  },
  {
    name: '99990101000003_receipt_verified',
    script: 'ALTER TABLE orders VALIDATE CONSTRAINT orders_receipt_check;\n',
  },
];

/** @throws Error when the text to be replaced is not there once: the tree has changed, and the edit must follow */
export function edited(text: string, { file, from, to }: Edit): string {
  const found = text.split(from).length - 1;
  if (found !== 1)
    throw new Error(`the next version edits ${file}, where it finds ${JSON.stringify(from)} ${found} times`);
  return text.replace(from, () => to);
}

/** Makes the sources in this folder those of the next version. */
export function applyEdits(folder: string): void {
  for (const edit of EDITS) {
    const file = path.join(folder, edit.file);
    writeFileSync(file, edited(readFileSync(file, 'utf8'), edit));
  }
}
