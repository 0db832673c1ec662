import { text } from 'node:stream/consumers';
import { GIVEN } from '@sluice/stack/containers/secrets';
import { filesOfSecret, kubernetesSecrets, OVERLAYS } from '@sluice/stack/kubernetes/secrets';
import { defineCommand, FLAG, TEXTS } from '../command.js';

export const command = defineCommand({
  usage: `npm run --silent kubernetes:secrets -- <overlay> [--new]
  <overlay>            ${OVERLAYS.join(', ')}: a folder of deploy/kubernetes/overlays
  --new                for a new system: makes every password and key
  --rotate <service>   new passwords for this service, on the broker and in its database
Prints the Secrets of a system in Kubernetes, for kubectl. Without --new it reads from its standard input the Secret setup, which
holds what was made before, and adds only what is missing:
  npm run --silent kubernetes:secrets -- development --new | kubectl -n sluice create -f -
  kubectl -n sluice get secret setup -o json | npm run --silent kubernetes:secrets -- development | kubectl -n sluice apply -f -
Chosen passwords and keys, and the addresses of servers of your own, by these variables:
  ${GIVEN.join(', ')}`,
  options: { new: FLAG, rotate: TEXTS },
  words: [1, 1],
  run: async ({ words: [name = ''], values, mistake }) => {
    const overlay = OVERLAYS.find((one) => one === name);
    if (!overlay) throw mistake(`there is no overlay ${name}`);
    const known = values.new ? {} : filesOfSecret(await text(process.stdin));
    const given = Object.fromEntries(GIVEN.map((variable) => [variable, process.env[variable] || undefined]));
    const items = await kubernetesSecrets({ overlay, given, known, ...(values.rotate && { rotate: values.rotate }) });
    console.log(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2));
  },
});
