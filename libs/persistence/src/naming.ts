const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A quoted SQL identifier, so that a table may be called `user` or `order`. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `userId` -> `"user_id"`: columns are camelCase in TypeScript and snake_case in SQL. */
export const column = (name: string): string => quoted(snakeCase(name));

/** A row as its table spells it, which `jsonb_populate_recordset` turns into the table's own types. */
export const toSql = (columns: readonly string[], row: object): Record<string, unknown> =>
  Object.fromEntries(columns.map((name) => [snakeCase(name), (row as Record<string, unknown>)[name]]));
