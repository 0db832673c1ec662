/** A string, or a character that opens, divides or closes an object or a list. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/**
 * Whether any object has a field twice, also when its name is escaped differently. Without recursion: a body may be as
 * deep as it is long.
 * @param json well-formed
 */
export function hasRepeatedField(json: string): boolean {
  /** The field names of each open object; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let nameComes = false;
  for (const [token] of json.matchAll(TOKEN)) {
    const names = open.at(-1);
    if (nameComes && token[0] === '"' && names) {
      const name = nameOf(token);
      if (names.has(name)) return true;
      names.add(name);
    }
    if (token === '{') open.push(new Set());
    if (token === '[') open.push(undefined);
    if (token === '}' || token === ']') open.pop();
    nameComes = token === '{' || (token === ',' && open.at(-1) !== undefined);
  }
  return false;
}

const nameOf = (token: string): string => (token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1));
