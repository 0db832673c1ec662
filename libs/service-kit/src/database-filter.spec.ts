import { PermanentError, UnavailableError } from '@sluice/messaging';
import { createPool } from '@sluice/persistence';
import { freePort } from '@sluice/testing';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DatabaseFilter } from './database-filter.js';

const passed = (error: unknown): Promise<unknown> => firstValueFrom(new DatabaseFilter().catch(error)).catch((thrown: unknown) => thrown);

describe('an error of a handler', () => {
  it('says that the database is away when it is, and where that was seen', async () => {
    const pool = createPool(`postgresql://nobody@127.0.0.1:${await freePort()}/nothing`);
    const fault = (await pool.query('SELECT 1').catch((error: unknown) => error)) as Error;
    await pool.end();
    expect(await passed(fault)).toBeInstanceOf(UnavailableError);
    expect(await passed(fault)).toMatchObject({ message: fault.message, stack: fault.stack, cause: fault });
  });

  it.each([[new PermanentError('gone')], [new TypeError('a bug')], ['text']])('stays what it is: %s', async (error) => expect(await passed(error)).toBe(error));
});
