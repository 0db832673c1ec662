import type { ResolveHook } from 'node:module';

const STANDS_IN = new Map([
  ['k6', 'k6.js'],
  ['k6/http', 'http.js'],
  ['k6/metrics', 'metrics.js'],
  ['k6/data', 'data.js'],
  ['k6/execution', 'execution.js'],
]);

/** The folder of the stand-in, compiled. */
const own = new URL('..', import.meta.url).href;

/** Resolves k6's modules to the stand-ins for them; a script may import those and files beside it, as under k6. */
export const resolve: ResolveHook = (specifier, context, next) => {
  const file = STANDS_IN.get(specifier);
  if (file) return { url: new URL(file, import.meta.url).href, shortCircuit: true };
  const { parentURL = '' } = context;
  const isScript = parentURL.endsWith('.js') && !parentURL.startsWith(own);
  if (isScript && !specifier.startsWith('./') && !specifier.startsWith('../'))
    throw new Error(`${parentURL} imports "${specifier}": k6 has no such module here`);
  return next(specifier, context);
};
