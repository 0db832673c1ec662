/** Fields whose value never reaches a log, whatever object they stand in. */
const SECRET_FIELD = /password|secret|token|authorization|cookie|(?:private|client)_?key|^card$/i;

/** The code that an SMS carries; other codes are names of errors and stay readable. */
const SMS_CODE = /^[0-9]{6}$/;

const isSecret = (name: string, value: unknown): boolean =>
  SECRET_FIELD.test(name) || (name === 'code' && SMS_CODE.test(String(value)));

/** What a secret field is called where it stands in a text: as JSON, also inside of a JSON string, as an object that was printed, in a query, in a header. */
const NAMED = String.raw`((?:password|secret|token|authorization|cookie|(?:private|client)_?key)[\w-]{0,32}\\?["']?\s{0,2}[:=]\s{0,2})`;

/** Each looks at a place in a text a bounded number of times: what is logged may be a stranger's. */
const SECRET_TEXT: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?/g, '[private key]'],
  // A JSON Web Token: three base64url parts of which the first is a JSON object.
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]'],
  // What follows the scheme in an Authorization header.
  [/\b(Bearer|Basic) +[^\s"'\\,]+/gi, '$1 [secret]'],
  // A password in a connection URL, as drivers repeat it in their errors.
  [/((?<!\w)\w+:\/\/[^\s:/@]*:)[^\s/@]+@/g, '$1[secret]@'],
  // The value of a secret field: quoted, quoted inside of a string, or bare.
  [
    new RegExp(String.raw`${NAMED}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\\"[^"\\]*|[^\s,;&"'\\}]+)`, 'gi'),
    '$1[secret]',
  ],
  [/("code\\?"\s{0,2}:\s{0,2}\\?"?)\d{6}\b/gi, '$1[secret]'],
  // A card of any length, where it is called one.
  [/(\bcard\\?["']?\s{0,2}[:=]\s{0,2}\\?["']?)\d[\d -]{10,24}\d/gi, '$1[card]'],
  // A card number, in one piece (13 digits are left out because a time in ms has as many) or in groups, as it is printed on cards.
  [/\b\d{14,19}\b|\b\d{4}(?:[ -]\d{4}){2}[ -]\d{2,7}\b|\b\d{4}[ -]\d{6}[ -]\d{4,5}\b/g, '[card]'],
];

const scrubText = (text: string): string =>
  SECRET_TEXT.reduce((result, [pattern, mask]) => result.replace(pattern, mask), text);

/** A copy fit for a log: passwords, tokens and card numbers are masked, at any depth. */
export function scrub<T>(value: T): T {
  return mask(value, 0) as T;
}

/** Fourteen digits; of what else is logged nothing is as large. */
const LIKE_A_CARD = 1e13;
/** Deeper than any message here; it also ends a cycle. */
const MAX_DEPTH = 8;

function mask(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'number') return Math.abs(value) >= LIKE_A_CARD ? '[card]' : value;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  if (value instanceof Error) return mask({ message: value.message, stack: value.stack }, depth);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      scrubText(name),
      isSecret(name, field) ? '[secret]' : mask(field, depth + 1),
    ]),
  );
}
