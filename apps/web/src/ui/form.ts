import type { FormEvent } from 'react';

/** Every value of a form, by the names of its fields, as it was typed. */
export function valuesOf<T>(event: FormEvent<HTMLFormElement>): T {
  event.preventDefault();
  return Object.fromEntries(new FormData(event.currentTarget)) as T;
}

/** What was typed into a form, without what was left empty. */
export function typedInto(event: FormEvent<HTMLFormElement>): Record<string, string> {
  const entries = Object.entries(valuesOf<Record<string, string>>(event)).map(([name, value]) => [name, value.trim()]);
  return Object.fromEntries(entries.filter(([, value]) => value !== '')) as Record<string, string>;
}
