interface Range {
  type: string;
  /** 0 to 1 (RFC 9110, section 12.4.2). */
  quality: number;
}

/**
 * Whether an `Accept` header prefers HTML to JSON, as browsers send it when they load a page (RFC 9110, section
 * 12.5.1).
 */
export function prefersHtml(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map(rangeOf);
  const html = ranges.findIndex(({ type }) => type === 'text/html');
  const json = ranges.findIndex(({ type }) => type === 'application/json');
  const wanted = ranges[html]?.quality ?? 0;
  if (wanted === 0 || json < 0) return wanted > 0;
  return wanted === ranges[json]!.quality ? html < json : wanted > ranges[json]!.quality;
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return { type, quality: Number.isNaN(quality) ? 0 : quality };
}
