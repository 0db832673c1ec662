// @ts-nocheck
// Tries what each user of the broker and each role of the databases may do, and what it may not: npm run rights; --
// --all, every single try.
import { build, install } from '@sluice/stack/build/build';
import { printFailure } from '@sluice/stack/failure';
import { privateServers } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { brokerRights } from '@sluice/rights/broker';
import { databaseRights } from '@sluice/rights/databases';
import { isWrong, reportLines } from '@sluice/rights/report';
import { Shutdown } from '@sluice/stack/shutdown';
import { commandLine } from '@sluice/stack/usage';

const shutdown = new Shutdown();

shutdown.onSignal(
  () => finish(130),
  () => process.exit(130),
);
shutdown.onCrash(fail);
rights().then(finish, fail);

function fail(error) {
  if (shutdown.requested) return;
  printFailure(error);
  finish(1);
}

async function rights() {
  const { values } = commandLine('rights');
  const progress = new Progress(process.stderr);
  await install(progress);
  await build(progress);
  const servers = await privateServers(progress, shutdown, { durable: false });
  const tried = [
    ...(await progress.step('databases', () =>
      databaseRights(servers.DATABASE_URL, { ours: !process.env.DATABASE_URL }),
    )),
    ...(await progress.step('broker', () =>
      brokerRights({ url: servers.AMQP_URL, managementUrl: servers.AMQP_MANAGEMENT_URL }),
    )),
  ];
  console.log(reportLines(tried, { all: values.all }).join('\n'));
  return tried.some(isWrong) ? 1 : 0;
}

async function finish(code) {
  await shutdown.stop();
  process.exit(code);
}
