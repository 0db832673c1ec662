import { system, type Contract, type Message } from '@sluice/contracts/kit';
import { isObservable, lastValueFrom } from 'rxjs';
import { decode, validateData, type Delivery } from './codec.js';
import { handling } from './current-message.js';
import { SenderError, UnsupportedError } from './errors.js';
import { countAnonymous, countRefused } from './metrics.js';
import { isPattern, type QueueRoutes, type Route } from './routes.js';
import type { SenderVerification } from './sender-verification.js';
import type { Outcome } from './settlement.js';

/** Decodes a delivery, finds its handler and runs it. Every error becomes an outcome; nothing is thrown. */
export async function dispatch(
  routes: QueueRoutes,
  delivery: Delivery,
  senders: Pick<SenderVerification, 'check'>,
): Promise<Outcome> {
  try {
    const message = decode(delivery);
    const route = routes.find(message.type);
    checkSender(senders, delivery, {
      queue: routes.queue,
      type: message.type,
      contract: system().catalogue.contracts.get(message.type) ?? route?.contract,
    });
    if (!route) throw new UnsupportedError(`no handler for ${message.type} on ${routes.queue}`);
    return { returned: await run(route, validateData(supportedContract(route.contract, message), message)) };
  } catch (threw) {
    return { threw };
  }
}

/** @throws SenderError */
function checkSender(
  senders: Pick<SenderVerification, 'check'>,
  delivery: Delivery,
  { queue, type, contract }: { queue: string; type: string; contract: Contract | undefined },
): void {
  if (!contract) return;
  try {
    if (senders.check(delivery, { type, kind: contract.kind }) === 'anonymous') countAnonymous(queue, type);
  } catch (error) {
    if (error instanceof SenderError) countRefused(queue, type, error.fault);
    throw error;
  }
}

/**
 * Another version is another shape, even if the data fits. A subscriber by pattern only observes, so its version is
 * not checked.
 */
function supportedContract(contract: Contract, { type, version }: Message): Contract {
  if (!isPattern(contract.type) && version !== contract.version) {
    throw new UnsupportedError(`${type} is version ${version}, and this service handles version ${contract.version}`);
  }
  return contract;
}

/**
 * Nest returns a promise of a value or of an observable; with an observable, the handler runs only when it is
 * subscribed.
 */
function run({ handler }: Route, message: Message): Promise<unknown> {
  return handling(message, async () => {
    const result: unknown = await handler(message);
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  });
}
