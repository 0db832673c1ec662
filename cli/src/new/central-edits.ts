import { Failure } from '@sluice/stack/failure';

/** Changes of files that are not TypeScript, as text: their comments and their layout stay. */

/** Adds the container of a service behind the last one in docker-compose.yml. */
export function addContainer(text: string, service: string): string {
  const last = [...text.matchAll(/^ {2}([\w-]+):\n {4}<<: \*service\n {4}image: sluice\/\1$/gm)].at(-1);
  return insertAt(text, last && text.indexOf('\n\n', last.index), `\n\n${containerOf(service)}`, 'the last service');
}

const containerOf = (service: string): string => `  ${service}:
    <<: *service
    image: sluice/${service}
    build: { context: ., target: service, args: { SERVICE: ${service} } }
    volumes:
      - {
          type: volume,
          source: secrets,
          target: /run/secrets,
          read_only: true,
          volume: { subpath: ${service}, nocopy: true },
        }
    environment:
      <<: *consumer`;

/** Adds a service to the targets of prometheus.yml. */
export function addScrapeTarget(text: string, service: string): string {
  const targets = /names:\s*\[\s*gateway,[^\]]*?(?=,?\s*\])/.exec(text);
  return insertAt(text, endOf(targets), `, ${service}`, 'the targets');
}

/** Adds a service to those whose absence alerts.yml reports, and its copy for Kubernetes, which is further in. */
export function addToServiceDown(text: string, service: string): string {
  const lines = [...text.matchAll(/^( +)or absent\(up\{service="[\w-]+"\}\).*$/gm)];
  const [, indentation = ''] = lines[0] ?? [];
  return insertAt(
    text,
    endOf(lines.at(-1)),
    `\n${indentation}or absent(up{service="${service}"})`,
    'the alert ServiceDown',
  );
}

/** Adds the file of a service behind the last one of a kustomization.yaml. */
export function addManifest(text: string, service: string): string {
  const last = [...text.matchAll(/^ {2}- [\w-]+\.yaml$/gm)].at(-1);
  return insertAt(text, endOf(last), `\n  - ${service}.yaml`, 'the last file');
}

/** Adds the image of a service behind the last one of a kustomization.yaml, from the same registry and of the same version. */
export function addImage(text: string, service: string): string {
  const last = [...text.matchAll(/^ {2}- \{ name: sluice\/([\w-]+), .*\}$/gm)].at(-1);
  const line = last?.[0].replaceAll(`sluice/${last[1]}`, `sluice/${service}`);
  return insertAt(text, endOf(last), `\n${line}`, 'the last image');
}

/** Adds the Secret of a service to those of a store outside: the first one is like all others. */
export function addExternalSecret(text: string, service: string): string {
  const first = /^apiVersion: [\s\S]*?\n(?=---\n)/m.exec(text);
  const name = first && /^ {2}name: (.*)$/m.exec(first[0])?.[1];
  const own = first?.[0].replaceAll(`name: ${name}`, `name: ${service}`).replaceAll(`key: ${name}`, `key: ${service}`);
  return insertAt(text, first ? text.length : undefined, `---\n${own}`, 'the first Secret');
}

/** Adds a project to the compiler's list. */
export function addProject(text: string, folder: string): string {
  const config = JSON.parse(text) as { references: { path: string }[] };
  const last = config.references.findLastIndex(({ path }) => path.startsWith('./apps/'));
  const references = config.references.toSpliced(last + 1, 0, { path: `./${folder}` });
  return `${JSON.stringify({ ...config, references }, null, 2)}\n`;
}

const endOf = (match: RegExpExecArray | undefined | null): number | undefined =>
  match ? match.index + match[0].length : undefined;

function insertAt(text: string, position: number | undefined, addition: string, place: string): string {
  if (position === undefined || position < 0)
    throw new Failure(`${place} was not found`, 'The file looks different now: adapt cli/src/new/central-edits.ts.');
  return text.slice(0, position) + addition + text.slice(position);
}
