import { system } from '@sluice/contracts/kit';
import { PulseChannel, type Publisher } from '@sluice/messaging';
import { PeriodicTask } from './periodic-task.js';
import { PulseMaker, type PulseSources } from './pulse.js';
import type { Stop } from './run-process.js';

/** A process that is silent for three pulses is seen as gone (apps/gateway/src/operations). Milliseconds. */
export const PULSE_EVERY_MS = 1_000;

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
  const pulse = new PeriodicTask('pulse', PULSE_EVERY_MS, async () => {
    if (publisher.ready) await channel.send(await maker.next());
  });
  pulse.start();
  return async () => {
    await pulse.stop();
    await Promise.all([maker.close(), channel.close()]);
  };
}
