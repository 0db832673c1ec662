// Imported first by every tool: what follows may need what an older Node.js does not have, and would say so in words that help nobody.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** @param {string} version such as 20.19.1 @param {string} [range] of package.json: `^20.19.0 || >=24.0.0` */
export function supports(version, range = engines.node) {
  const own = numbers(version);
  return range.split('||').some((part) => {
    const least = numbers(part);
    return compare(own, least) >= 0 && (part.trim().startsWith('>=') || own[0] === least[0]);
  });
}

const numbers = (text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number);
const compare = (one, other) =>
  one.map((number, n) => number - (other[n] ?? 0)).find((difference) => difference !== 0) ?? 0;

if (!supports(process.versions.node)) {
  console.error(
    `✗ this is Node.js ${process.versions.node}, and Sluice needs ${engines.node.replaceAll(' || ', ' or ')}`,
  );
  console.error('  Install one of these (https://nodejs.org), or choose it (nvm install 24), and start again.');
  process.exit(1);
}
