// Loaded before a service (NODE_OPTIONS=--import): writes a CPU profile of its whole life to BENCH_PROFILES when it
// ends. Node.js accepts its own --cpu-prof on the command line alone.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';

const INTERVAL_US = 500;

const service = /apps\/([^/]+)\/dist\/main\.js$/.exec(process.argv[1] ?? '')?.[1];
const folder = process.env['BENCH_PROFILES'];

if (service && folder) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  session.post('Profiler.start');
  process.once('exit', () => {
    session.post('Profiler.stop', (error, { profile }) => {
      if (!error) writeFileSync(path.join(folder, `${service}.cpuprofile`), JSON.stringify(profile));
    });
  });
}
