import { build } from '@sluice/stack/build/build';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { defineCommand, FLAG } from '../command.js';
import { runUntilStopped } from '../run-until-stopped.js';

export const command = defineCommand({
  usage: `npm run rights -- [--all]
  --all                prints every single try, and why it ended so
Tries what every user of the broker and every role of the databases may do and may not: each message by each way, each queue, each
database. With a PostgreSQL and a RabbitMQ of its own, or those of DATABASE_URL and AMQP_URL, in a vhost and databases of its own.
Exits with 1 when something is possible that must not be.`,
  options: { all: FLAG },
  run: ({ values: { all } }) =>
    runUntilStopped(async ({ shutdown }) => {
      const [{ brokerRights }, { databaseRights }, { isWrong, reportLines }] = await Promise.all([
        import('@sluice/rights/broker'), // loads the messaging, which --help does not need
        import('@sluice/rights/databases'),
        import('@sluice/rights/report'),
      ]);
      const progress = new Progress(process.stderr);
      await build(progress);
      const servers = await privateServers(progress, shutdown, { durable: false });
      const broker = { url: servers.AMQP_URL, managementUrl: servers.AMQP_MANAGEMENT_URL };
      const ours = !process.env['DATABASE_URL'];
      const tried = [
        ...(await progress.step('databases', () => databaseRights(servers.DATABASE_URL, { ours }))),
        ...(await progress.step('broker', () => brokerRights(broker))),
      ];
      console.log(reportLines(tried, { all }).join('\n'));
      return tried.some(isWrong) ? 1 : 0;
    }),
});
