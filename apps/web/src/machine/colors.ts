const known = new Map<string, string>();

/** Where the colours of the theme may change: another theme is chosen, or the system changes its own. */
new MutationObserver(() => known.clear()).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ['data-theme'],
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => known.clear());

/**
 * A colour as a canvas takes it. Each is computed once for a theme: asking the browser makes it lay out the whole page.
 * @param css such as `var(--accent)`
 */
export function colorOf(css: string): string {
  const color = known.get(css) ?? compute(css);
  known.set(css, color);
  return color;
}

function compute(css: string): string {
  const probe = document.createElement('span');
  probe.style.color = css;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
