/** What a person has typed, kept in this browser. */
export function kept<T>(name: string, fallback: T, storage: Storage = localStorage) {
  const key = `sluice.${name}`;
  return {
    read: (): T => {
      const text = storage.getItem(key);
      return text === null ? fallback : (JSON.parse(text) as T);
    },
    write: (value: T): void => storage.setItem(key, JSON.stringify(value)),
  };
}
