// node program.js serve|drive <file of a messenger>, with AMQP_URL; a driver takes its orders from its parent process.
import type { Drive, Driven, Messenger, MessengerModule } from './messenger.js';

process.once('disconnect', () => process.exit(0));

const [, , role, file] = process.argv;
const { connectMessenger, serveRequests } = (await import(file!)) as MessengerModule;
const url = process.env['AMQP_URL']!;

if (role === 'serve') {
  await serveRequests(url);
} else {
  const messenger = await connectMessenger(url);
  process.on('message', (order: Drive) => {
    void drive(messenger, order).then((driven) => process.send!(driven));
  });
}
process.send!('ready');

async function drive(messenger: Messenger, { kind, inFlight, seconds }: Drive): Promise<Driven> {
  const began = performance.now();
  const end = began + seconds * 1_000;
  let count = 0;
  const work = async (): Promise<void> => {
    for (; performance.now() < end; count++) await messenger[kind]();
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return { count, perSecond: count / ((performance.now() - began) / 1_000) };
}
