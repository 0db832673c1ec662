import { Failure } from '@sluice/stack/failure';

/** Spellings of one name: `gift-card`, `giftCard`, `GiftCard`, `gift_card`. */
export interface Name {
  readonly kebab: string;
  readonly camel: string;
  readonly pascal: string;
  readonly snake: string;
}

/** The names in a new service, all derived from the two words that a developer chooses. */
export interface ServiceNames {
  readonly service: Name;
  /** What one row is: `gift-card`. */
  readonly noun: Name;
  readonly nouns: Name;
}

/** Words in lower case, joined by single dashes: a name of files, queues, tables and roles of PostgreSQL alike. */
const KEBAB = /^[a-z]+(?:-[a-z]+)*$/;
const LONGEST = 30;

/** Words with a meaning of their own on the broker and in its messages. */
const RESERVED_SERVICES = ['shop', 'delivery', 'amq', 'test', 'broker'];
/** Tables, types and names that every generated service has. */
const RESERVED_NOUNS = 'inbox outbox inbox-message outbox-message counted-order message state decision query'.split(
  ' ',
);

/** @throws {Failure} when the text is no name for files, queues, tables and classes alike */
export function nameOf(text: string): Name {
  if (!KEBAB.test(text) || text.length > LONGEST)
    throw new Failure(
      `"${text}" cannot be a name`,
      `Use lower case words joined by dashes, ${LONGEST} characters at most: gift-cards`,
    );
  return spelled(text);
}

function spelled(kebab: string): Name {
  const words = kebab.split('-');
  const pascal = words.map(capitalized).join('');
  return { kebab, pascal, camel: pascal[0]!.toLowerCase() + pascal.slice(1), snake: words.join('_') };
}

const capitalized = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

/**
 * @param noun of one row; the singular of the service's name when absent
 * @throws {Failure} when one is no name, or reserved
 */
export function serviceNames(name: string, noun: string = singular(name)): ServiceNames {
  const names = { service: nameOf(name), noun: nameOf(noun), nouns: nameOf(plural(noun)) };
  if (RESERVED_SERVICES.includes(name)) throw new Failure(`"${name}" is reserved`, 'Choose another name.');
  if (RESERVED_NOUNS.includes(noun))
    throw new Failure(`"${noun}" is a name in every service`, 'Choose another for its rows: --noun <word>');
  return names;
}

export function singular(word: string): string {
  if (/ies$/.test(word)) return word.replace(/ies$/, 'y');
  return /(?:ss|us|is)$/.test(word) ? word : word.replace(/s$/, '');
}

export function plural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return word.replace(/y$/, 'ies');
  return /(?:s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

/** `loyalty.points_earned` in its parts. */
export interface FactName {
  readonly type: string;
  /** The word before the dot. One service owns all facts of an entity. */
  readonly entity: string;
  /** `LoyaltyPointsEarned`, the constant of the contract. */
  readonly pascal: string;
  readonly camel: string;
  readonly kebab: string;
}

const FACT = /^([a-z]+(?:-[a-z]+)*)\.([a-z]+(?:_[a-z]+)*)$/;

/** @throws {Failure} when the text is no `<entity>.<what happened>` */
export function factName(type: string): FactName {
  const [, entity, past] = FACT.exec(type) ?? [];
  if (entity === undefined || past === undefined)
    throw new Failure(
      `"${type}" cannot be a fact`,
      'A fact is named <entity>.<what happened>, in the past: loyalty.earned, order.paid_too_late',
    );
  return { type, entity, ...spelled(`${entity}-${past.replaceAll('_', '-')}`) };
}
