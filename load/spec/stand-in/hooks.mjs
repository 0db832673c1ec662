const STANDS_IN = {
  k6: 'k6.mjs',
  'k6/http': 'http.mjs',
  'k6/metrics': 'metrics.mjs',
  'k6/data': 'data.mjs',
  'k6/execution': 'execution.mjs',
};

/** Resolves k6's modules to what stands in for them here; a script may import those and files beside it, as under k6. */
export function resolve(specifier, context, next) {
  if (STANDS_IN[specifier]) return { url: new URL(STANDS_IN[specifier], import.meta.url).href, shortCircuit: true };
  const byScript = context.parentURL?.endsWith('.js');
  if (byScript && !specifier.startsWith('./') && !specifier.startsWith('../'))
    throw new Error(`${context.parentURL} imports "${specifier}": k6 has no such module here`);
  return next(specifier, context);
}
