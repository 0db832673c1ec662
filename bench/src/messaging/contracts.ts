import { command, query } from '@sluice/contracts';
import { z } from 'zod';

const Payload = z.object({ text: z.string() });

export const Store = command('bench.store', Payload);
export const Echo = query('bench.echo', Payload, Payload);
