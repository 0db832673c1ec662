/** Names of fields whose values are never logged, in any object. */
const SECRET_FIELD = /password|secret|token|authorization|cookie|(?:private|client)_?key|^card$/i;

/** A code from an SMS. Other values of `code` are error codes and stay readable. */
const SMS_CODE = /^[0-9]{6}$/;

const isSecret = (name: string, value: unknown): boolean =>
  SECRET_FIELD.test(name) || (name === 'code' && SMS_CODE.test(String(value)));

/**
 * Name of a secret field in a text: in JSON, in JSON inside a JSON string, in a printed object, a query or a header.
 */
const NAMED = String.raw`((?:password|secret|token|authorization|cookie|(?:private|client)_?key)[\w-]{0,32}\\?["']?\s{0,2}[:=]\s{0,2})`;

/** Patterns of secrets in texts. Their backtracking is bounded, because logged text may come from an attacker. */
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
  // A card number of any length in a field named `card`.
  [/(\bcard\\?["']?\s{0,2}[:=]\s{0,2}\\?["']?)\d[\d -]{10,24}\d/gi, '$1[card]'],
  // A card number without spaces (14 digits or more, because a time in ms has 13), or in groups as printed on cards.
  [/\b\d{14,19}\b|\b\d{4}(?:[ -]\d{4}){2}[ -]\d{2,7}\b|\b\d{4}[ -]\d{6}[ -]\d{4,5}\b/g, '[card]'],
];

const scrubText = (text: string): string =>
  SECRET_TEXT.reduce((result, [pattern, mask]) => result.replace(pattern, mask), text);

/** Returns a copy for a log: passwords, tokens and card numbers are masked at any depth. */
export function scrub<T>(value: T): T {
  return mask(value, 0) as T;
}

/** A number of 14 digits; no other logged number is as large. */
const LIKE_A_CARD = 1e13;
/** Deeper than any message of this system; also ends a cycle. */
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
