import { ProblemError } from '@sluice/messaging';
import type { CardVault } from './card-vault.js';

/** Test numbers with a token in payments' fake card gateway: paid; declined; fails for a while, then paid. */
const TEST_CARDS = ['4242424242424242', '4000000000000002', '4000000000000119'];

export class FakeCardVault implements CardVault {
  async exchange(card: string): Promise<string> {
    if (!TEST_CARDS.includes(card))
      throw ProblemError.of(422, 'Unknown card', 'The test card gateway does not know this number.');
    return `tok_fake_${card.slice(-4)}`;
  }
}
