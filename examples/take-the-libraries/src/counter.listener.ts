import { Controller } from '@nestjs/common';
import type { Message } from '@sluice/contracts/kit';
import { On } from '@sluice/messaging';
import { collection, type UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { CountVisit, VisitCounted } from './contracts.js';

interface Page {
  page: string;
  visits: number;
  version: number;
}

const tables = { pages: collection<Page>({ table: 'pages', key: 'page', columns: ['page', 'visits', 'version'] }) };

@Controller()
export class CounterListener {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables });
  }

  /** Counts each visit once, however often its message is delivered. */
  @On(CountVisit)
  async countVisit(message: Message<typeof CountVisit>): Promise<void> {
    const { page } = message.data;
    await this.#unit.change(message, { pages: [page] }, ({ pages }) => {
      const { visits, version } = pages[page] ?? { visits: 0, version: 0 };
      const counted = { page, visits: visits + 1, version: version + 1 };
      return { state: { pages: { [page]: counted } }, messages: [VisitCounted(counted)] };
    });
  }
}
