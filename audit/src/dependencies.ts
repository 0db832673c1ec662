// @ts-nocheck
import { pathToFileURL } from 'node:url';
import { inRoot } from '@sluice/stack/workspace';

/** A service that runs answers in some ms; one that does not run is not asked for longer than this. */
const ANSWER_WITHIN_MS = 1_000;

/**
 * What the services say of the database, the broker and the providers that they use.
 * @param {{ url: string }} broker the administrator's
 * @returns {Promise<string[]>} one line for each that is sick; none where no service answers
 */
export async function sickDependencies({ url }) {
  const [{ MessageClient }, { OPERATED, operationsOf }] = await Promise.all(
    ['libs/messaging', 'libs/contracts'].map(load),
  );
  const client = new MessageClient({ url, source: 'audit' });
  try {
    await connected(client);
    const answers = await Promise.allSettled(
      OPERATED.map((service) =>
        client.request(operationsOf(service).LookAtQueues, {}, { deadlineMs: ANSWER_WITHIN_MS }),
      ),
    );
    return answers.flatMap(({ value }, index) =>
      (value?.dependencies ?? []).filter(({ state }) => state === 'sick').map((sick) => line(OPERATED[index], sick)),
    );
  } finally {
    await client.close();
  }
}

const load = (library) => import(pathToFileURL(inRoot(library, 'dist/index.js')).href);

async function connected({ publisher }) {
  const end = Date.now() + ANSWER_WITHIN_MS;
  while (!publisher.ready && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}

const line = (service, { name, since, because }) => `${service}: the ${name} is sick since ${since}: ${because}`;
