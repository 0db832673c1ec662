import { AsyncLocalStorage } from 'node:async_hooks';
import { DBOS } from '@dbos-inc/dbos-sdk';
import * as kit from '@dbos-inc/dbos-sdk/datasource';
import pg from 'pg';
import { SuperJSON } from 'superjson';

const CHECK = 'SELECT output, error FROM dbos.transaction_completion WHERE workflow_id = $1 AND function_num = $2';
const RECORD = 'INSERT INTO dbos.transaction_completion (workflow_id, function_num, output) VALUES ($1, $2, $3)';

/**
 * A data source on node-postgres by the public interface of the SDK, because no official one of this version is in the
 * registry. A step takes the same work: look for its record, BEGIN, the statements, record, fence, COMMIT.
 */
export class PgDataSource implements kit.DataSourceTransactionHandler {
  readonly dsType = 'pg';
  readonly #clients = new AsyncLocalStorage<pg.PoolClient>();
  readonly pool: pg.Pool;

  constructor(
    readonly name: string,
    url: string,
  ) {
    this.pool = new pg.Pool({ connectionString: url, max: 20 });
    kit.registerDataSource(this);
  }

  /** Of the transaction that runs; for statements of the step. */
  get client(): pg.PoolClient {
    return this.#clients.getStore()!;
  }

  async initialize(): Promise<void> {
    await this.#inTransaction((client) =>
      kit.migrateDataSourcePG(async (sql: string) => (await client.query(sql)).rows as never, 'dbos'),
    );
  }

  async destroy(): Promise<void> {
    await this.pool.end();
  }

  async invokeTransactionFunction<This, Args extends unknown[], Return>(
    _config: unknown,
    target: This,
    func: (this: This, ...args: Args) => Promise<Return>,
    ...args: Args
  ): Promise<Return> {
    const [workflow, step] = [DBOS.workflowID!, DBOS.stepID!];
    const { rows } = await this.pool.query({ name: 'check', text: CHECK, values: [workflow, step] });
    if (rows.length > 0) return kit.replayRecordedStep(rows[0] as never) as Return;
    return this.#inTransaction(async (client) => {
      const result = await this.#clients.run(client, () => func.call(target, ...args));
      await client.query({ name: 'record', text: RECORD, values: [workflow, step, SuperJSON.stringify(result)] });
      await kit.assertStillOwnsWorkflow(workflow);
      return result;
    });
  }

  /** Runs a step whose statements and record commit together. */
  step<T>(name: string, work: () => Promise<T>): Promise<T> {
    return kit.runTransaction(work, name, { dsName: this.name, config: {} }) as Promise<T>;
  }

  async #inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }
}
