/** Fields whose value never reaches a log, whatever object they stand in. */
const SECRET_FIELD = /password|secret|token|authorization|cookie|private_?key|^card$/i;

/** The code that an SMS carries; other codes are names of errors and stay readable. */
const SMS_CODE = /^[0-9]{6}$/;

const isSecret = (name: string, value: unknown): boolean => SECRET_FIELD.test(name) || (name === 'code' && SMS_CODE.test(String(value)));

const SECRET_TEXT: [RegExp, string][] = [
  // A JSON Web Token: three base64url parts of which the first is a JSON object.
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]'],
  // A password in a connection URL, as drivers repeat it in their errors.
  [/(\w+:\/\/[^\s:/@]*:)[^\s/@]+@/g, '$1[secret]@'],
  // A card number, in one piece (13 digits are left out because a time in ms has as many) or in groups of four.
  [/\b\d{14,19}\b|\b\d{4}(?:[ -]\d{4}){2}[ -]\d{2,7}\b/g, '[card]'],
];

const scrubText = (text: string): string => SECRET_TEXT.reduce((result, [pattern, mask]) => result.replace(pattern, mask), text);

/** A copy fit for a log: passwords, tokens and card numbers are masked, at any depth. */
export function scrub<T>(value: T): T {
  return mask(value, 0) as T;
}

/** Deeper than any message here; it also ends a cycle. */
const MAX_DEPTH = 8;

function mask(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  if (value instanceof Error) return mask({ message: value.message, stack: value.stack }, depth);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, isSecret(name, field) ? '[secret]' : mask(field, depth + 1)]));
}
