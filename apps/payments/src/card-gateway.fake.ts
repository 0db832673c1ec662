import { PermanentError, UnavailableError } from '@sluice/messaging';
import { FakeSwitch } from '@sluice/service-kit';
import type { CardCapture, CardCharge, CardGateway, CardOutcome, CardRefund, RefundReceipt } from './card-gateway.js';

/**
 * Failures per idempotency key of the card that fails for a while. Retried after 0.25, 0.5, 1, 2 and 2 s: longer than
 * a payer waits.
 */
const FAILURES = 5;

/**
 * The card gateway of a development system. The token decides: `tok_fake_4242` pays, `tok_fake_0002` is declined,
 * `tok_fake_0119` fails five times without a reply and then pays. Refunds always succeed. The same key gets the same
 * reply.
 */
export class FakeCardGateway implements CardGateway {
  readonly #failures = new Map<string, number>();

  constructor(private readonly switched = new FakeSwitch('card gateway')) {}

  capture(charge: CardCharge): Promise<CardOutcome> {
    return this.switched.answer(
      () => this.#outcomeOf(charge),
      () => ({ status: 'declined', reason: 'no card is taken' }),
    );
  }

  refund({ idempotencyKey }: CardRefund): Promise<RefundReceipt> {
    return this.switched.answer(
      () => ({ reference: `fake_${idempotencyKey}` }),
      () => {
        throw new PermanentError('the card gateway refunds nothing');
      },
    );
  }

  #outcomeOf({ token, idempotencyKey }: CardCharge): CardOutcome {
    switch (token) {
      case 'tok_fake_4242':
        return paid(idempotencyKey);
      case 'tok_fake_0119':
        return this.#afterSomeFailures(idempotencyKey);
      case 'tok_fake_0002':
        return { status: 'declined', reason: 'insufficient funds' };
      default:
        return { status: 'declined', reason: 'unknown card' };
    }
  }

  /** Every reply follows from the request alone: it has no list. */
  async charges(): Promise<CardCapture[]> {
    return [];
  }

  #afterSomeFailures(key: string): CardOutcome {
    const failures = this.#failures.get(key) ?? 0;
    if (failures >= FAILURES) return paid(key);
    this.#failures.set(key, failures + 1);
    throw new UnavailableError(`the card gateway gives no answer (${failures + 1} of ${FAILURES})`, {
      dependency: 'card gateway',
      mayBePoison: true,
    });
  }
}

const paid = (key: string): CardOutcome => ({ status: 'captured', reference: `fake_${key}` });
