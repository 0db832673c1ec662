import { system } from '@sluice/contracts/kit';
import { PulseChannel, type Publisher } from '@sluice/messaging';
import { everySecond } from './every-second.js';
import { PulseMaker, type PulseSources } from './pulse.js';
import type { Stop } from './run-process.js';

/**
 * Publishes once a second how this process is. Nothing is published for a service that is not in the catalogue, since
 * its user may not publish facts.
 * @param user of the publisher's connection, when it is named as the sender
 * @returns a function that stops it
 */
export function startPulse(sources: PulseSources & { publisher: Publisher }, user: string | undefined): Stop {
  const { service, publisher } = sources;
  if (!system().catalogue.services.includes(service)) return async () => undefined;
  const maker = new PulseMaker(sources);
  const channel = new PulseChannel({ open: () => publisher.openPlainChannel(), source: service, user });
  const stop = everySecond('pulse', async () => {
    if (publisher.ready) await channel.send(await maker.next());
  });
  return async () => {
    await stop();
    await Promise.all([maker.close(), channel.close()]);
  };
}
