/** Exchanges a card number for a token, so that the number is in no message, no table and no log. */
export abstract class CardVault {
  /** @throws ProblemError 422 unknown number, 503 the vault does not answer */
  abstract exchange(card: string): Promise<string>;
}
