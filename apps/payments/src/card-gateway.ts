import type { Money } from '@sluice/contracts';

export interface CardCharge {
  token: string;
  amount: Money;
  /** The same key is the same charge, however often it is asked for: the gateway takes the money once. */
  idempotencyKey: string;
}

/** What the gateway has decided; `reason` is for the payer's eyes. */
export type CardOutcome = { status: 'captured'; reference: string } | { status: 'declined'; reason: string };

/** The company that takes the money from the card. */
export interface CardGateway {
  /** @throws Error when there is no answer: the charge may have gone through, ask again with the same key */
  capture(charge: CardCharge): Promise<CardOutcome>;
}

/** Where Nest finds the gateway in use. */
export const CARD_GATEWAY = Symbol('card gateway');
