import { existsSync } from 'node:fs';
import { Failure } from '@sluice/stack/failure';
import { inRoot } from '@sluice/stack/workspace';
import { audit, type AuditedSystem } from './audit.js';
import { reportLines } from './report.js';
import { sickDependencies } from './sick-dependencies.js';

/** @returns how long to wait for quiet, in ms @throws Failure */
export function settleArgument(args: readonly string[]): number {
  if (args.length === 0) return 0;
  const [name, seconds = ''] = args;
  if (name !== '--settle' || !/^[1-9]\d{0,4}$/.test(seconds) || args.length > 2)
    throw new Failure('usage: npm run audit -- [--settle <seconds>]');
  return Number(seconds) * 1_000;
}

/** Audits a system and prints the report. @returns the exit code */
export async function runAudit(system: AuditedSystem, settleMs: number): Promise<number> {
  if (!existsSync(inRoot('apps/orders/dist/invariants.js'))) throw new Failure('nothing is built yet', 'npm run build');
  const result = await audit(system, { settleMs });
  for (const line of reportLines(result, await sickDependencies(system.broker))) console.log(line);
  return result.ok ? 0 : 1;
}
