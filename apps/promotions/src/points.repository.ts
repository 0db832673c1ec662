import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { ChangeOptions, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { pointsTables, type PointsDecision, type PointsKeys, type PointsState } from './tables.js';

/** Changes the points of users, many in one commit. */
@Injectable()
export class PointsRepository {
  readonly #unit: UnitOfWork<typeof pointsTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: pointsTables });
  }

  change<R>(
    message: Message,
    keys: PointsKeys,
    decide: (state: PointsState, now: Date) => PointsDecision<R>,
    options?: ChangeOptions,
  ) {
    return this.#unit.change(message, keys, decide, options);
  }
}
