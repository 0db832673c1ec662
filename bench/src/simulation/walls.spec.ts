import { describe, expect, it } from 'vitest';
import { fitted } from './fit.js';
import { COST, WALLS } from './measured.js';
import { firstWall, processesFor, USED_AT_MOST, wallsOf, type Kind } from './walls.js';

const carried = { cost: COST[256], walls: WALLS };
const kind: Kind = {
  ...{ cores: 8, databases: 'one', postgresCores: 8, brokerNodes: 1, brokerCores: 8 },
  ...{ copies: 1, partitions: 1, live: 'every gateway', hotShare: 0 },
};

describe('the walls', () => {
  it('of a few cores are the cores, and of very many something of which there is one', () => {
    expect(firstWall(wallsOf(kind, carried)).name).toBe('cores');
    expect(firstWall(wallsOf({ ...kind, cores: 10_000 }, carried)).name).not.toBe('cores');
  });

  it('move with what is added, and no other does', () => {
    const moved = (change: Partial<Kind>): string[] => {
      const [before, after] = [wallsOf(kind, carried), wallsOf({ ...kind, ...change }, carried)];
      return Object.keys(before).filter(
        (name) => before[name as keyof typeof before] !== after[name as keyof typeof after],
      );
    };
    expect(moved({ databases: 'one per service' })).toEqual(['CPU of one PostgreSQL', 'WAL of one PostgreSQL']);
    expect(moved({ brokerNodes: 3 })).toEqual(['nodes of the broker']);
    expect(moved({ partitions: 4 })).toEqual(['leader of one queue']);
    expect(moved({ live: 'one gateway' })).toContain('live facts in every gateway');
    expect(moved({ hotShare: 0.5 })).toEqual(['row of one product']);
  });

  it('leave no process without work that it can do: each is used to three quarters at most', () => {
    const perSecond = 500;
    const processes = processesFor(perSecond, kind, carried);
    const used = (perSecond * COST[256].cpuMs.orders) / 1_000 / processes.orders;
    expect(used).toBeLessThanOrEqual(USED_AT_MOST);
    const live = perSecond * WALLS.liveMsPerOrder;
    const requests = (perSecond * (COST[256].cpuMs.gateway - WALLS.liveMsPerOrder)) / processes.gateway;
    expect((live + requests) / 1_000).toBeLessThanOrEqual(USED_AT_MOST);
  });

  it('let no number of gateways pass twice the rate at which one spends half of its work on live facts', () => {
    const { 'live facts in every gateway': half } = wallsOf(kind, carried);
    expect(processesFor(half * 1.99, kind, carried).gateway).toBeLessThan(Infinity);
    expect(processesFor(half * 2.01, kind, carried).gateway).toBe(Infinity);
  });
});

it('the cost of a commit and of a message follows from two loads of the same work', () => {
  const at = (batches: number) => ({ cpuMs: 0.5 * batches + 0.2 * 6, batches });
  const { perCommit, perMessage } = fitted(at(2), at(0.5), 6);
  expect([perCommit, perMessage].map((ms) => ms.toFixed(6))).toEqual(['0.500000', '0.200000']);
});
