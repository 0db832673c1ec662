import { pause } from './pause.js';
import { backoff } from './retry.js';
import { Store } from './store.js';

/** Whether the gateway can be reached. While it cannot, one probe asks for all who wait. */
export const connection = new Store<'there' | 'gone'>('there');

/** A request did not reach the gateway. @returns when it is reachable again */
export async function reconnected(signal?: AbortSignal): Promise<void> {
  if (connection.get() === 'there') {
    connection.set('gone');
    void probe();
  }
  await connection.until((state) => state === 'there', signal);
}

async function probe(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await pause(backoff(attempt));
    const answers = await fetch('/healthz', { cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return connection.set('there');
  }
}
