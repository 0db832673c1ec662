import type { Language } from '@sluice/contracts';
import { english, type Texts } from './texts.en.js';
import { chinese } from './texts.zh.js';

/** The texts to people, by their language. */
export const TEXTS: Readonly<Record<Language, Texts>> = { en: english, zh: chinese };
