// Stops everything and removes the data of this checkout: npm run reset
import { rmSync } from 'node:fs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { removePostgres } from './lib/postgres.mjs';
import { Progress } from './lib/progress.mjs';
import { removeRabbit } from './lib/rabbitmq.mjs';
import { stopAll } from './lib/stop-all.mjs';

runTool(() =>
  new Progress().step('reset', async (tell) => {
    const home = new Home();
    await stopAll(home);
    removePostgres(home);
    await removeRabbit(home);
    rmSync(home.dir, { recursive: true, force: true });
    tell(process.env.DATABASE_URL || process.env.AMQP_URL ? 'removed; what DATABASE_URL and AMQP_URL point at is untouched' : 'the data is removed');
  }),
);
