import type { BenchRun } from '../benchmark.js';
import { preparePeer, type PeerName } from '../peers/peer.js';
import { startDbos } from './dbos.js';
import { startNestChain } from './nest-chain.js';
import { startRestate } from './restate.js';
import type { StartSystem } from './system.js';

const SYSTEMS: readonly { peer: PeerName; name: string; start: StartSystem }[] = [
  { peer: 'restate', name: 'Restate', start: startRestate },
  { peer: 'nest-chain', name: 'Nest chain', start: startNestChain },
  { peer: 'dbos', name: 'DBOS', start: startDbos },
];

/** The peers that are installed, compiled. */
export async function peerSystems(run: BenchRun): Promise<Record<string, StartSystem>> {
  const systems: Record<string, StartSystem> = {};
  for (const { peer, name, start } of SYSTEMS) if (await preparePeer(peer, run)) systems[name] = start;
  return systems;
}
