import { kept } from '../api/kept.js';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const keptTheme = kept<Theme>('theme', 'auto');

export const chosenTheme = (): Theme => keptTheme.read();

export function chooseTheme(theme: Theme): void {
  keptTheme.write(theme);
  showTheme(theme);
}

/** Without the attribute the style sheet follows the system. */
export function showTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
