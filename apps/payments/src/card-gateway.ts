import type { Money } from '@sluice/contracts';

export interface CardCharge {
  token: string;
  amount: Money;
  /** The same key is the same charge, however often it is asked for: the gateway takes the money once. */
  idempotencyKey: string;
}

/** All the money of one charge, on its way back to the card. */
export interface CardRefund {
  /** The gateway's own, of the charge. */
  reference: string;
  amount: Money;
  /** The same key is the same refund: the gateway gives the money back once. */
  idempotencyKey: string;
}

/** What the gateway has decided; `reason` is for the payer's eyes. */
export type CardOutcome = { status: 'captured'; reference: string } | { status: 'declined'; reason: string };

/** The gateway's proof that the money goes back. */
export interface RefundReceipt {
  reference: string;
}

/** The company that takes the money from the card. */
export interface CardGateway {
  /** @throws UnavailableError when there is no answer: the charge may have gone through, ask again with the same key */
  capture(charge: CardCharge): Promise<CardOutcome>;
  /** @throws UnavailableError when there is no answer: ask again with the same key; PermanentError refused for good */
  refund(refund: CardRefund): Promise<RefundReceipt>;
}

/** Where Nest finds the gateway in use. */
export const CARD_GATEWAY = Symbol('card gateway');
