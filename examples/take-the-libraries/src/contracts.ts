import { catalogueOf, command, declareSystem, event } from '@sluice/contracts/kit';
import { z } from 'zod';

export const CountVisit = command('counter.count', z.strictObject({ page: z.string().min(1) }));
export const VisitCounted = event('visit.counted', z.object({ page: z.string(), visits: z.int() }));

declareSystem({
  name: 'visits',
  catalogue: catalogueOf({ counter: [CountVisit, VisitCounted] }),
  sends: { website: [CountVisit] },
});
