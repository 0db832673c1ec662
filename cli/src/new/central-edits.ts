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

/** Adds a service to those whose absence alerts.yml reports. */
export function addToServiceDown(text: string, service: string): string {
  const last = [...text.matchAll(/or absent\(up\{service="[\w-]+"\}\)/g)].at(-1);
  return insertAt(text, endOf(last), `\n          or absent(up{service="${service}"})`, 'the alert ServiceDown');
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
