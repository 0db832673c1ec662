const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A quoted SQL identifier, so that a table may be called `user` or `order`. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `userId` -> `"user_id"`: columns are camelCase in TypeScript and snake_case in SQL. */
export const column = (name: string): string => quoted(snakeCase(name));

/** Renames a row's fields to SQL column names. `jsonb_populate_recordset` converts the values to the column types. */
export const toSql = (columns: readonly string[], row: object): Record<string, unknown> =>
  Object.fromEntries(columns.map((name) => [snakeCase(name), (row as Record<string, unknown>)[name]]));
