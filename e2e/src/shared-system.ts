import { startSystem, type System } from '@sluice/testing';

let system: Promise<System> | undefined;

/** One system for all that changes no setting and stops no service: to start one costs more than most tests. */
export const sharedSystem = (): Promise<System> => (system ??= startSystem());

export async function closeSharedSystem(): Promise<void> {
  await (await system)?.close();
}
