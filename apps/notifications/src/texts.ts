import type { Language } from '@sluice/contracts';
import { english, type Texts } from './english.js';
import { chinese } from './chinese.js';

/** The texts to people, by their language. */
export const TEXTS: Readonly<Record<Language, Texts>> = { en: english, zh: chinese };
