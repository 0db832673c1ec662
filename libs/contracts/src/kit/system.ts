import type { Catalogue } from './catalogue.js';
import { exchangesOf, type Exchanges } from './exchanges.js';
import type { Outgoing } from './message.js';
import { sendersIn, type Sends, type SendersOf } from './senders.js';

/** What the libraries need to know about the system that they work in. */
export interface SystemDescription {
  /** Prefix of the names of its exchanges (`shop.events`). */
  readonly name: string;
  readonly catalogue: Catalogue;
  readonly sends: Sends;
  /** Texts of its AsyncAPI document. */
  readonly document?: SystemDocument;
}

export interface SystemDocument {
  readonly title: string;
  /** First words of the description, before ` over RabbitMQ`. */
  readonly purpose: string;
  /** File in which the senders of requests are listed, for those who want to send some. */
  readonly sendersFile: string;
  /** Examples of messages; one is enough, since other messages differ only in their data. */
  readonly examples: readonly { readonly message: Outgoing; readonly source: string }[];
}

export interface System extends SystemDescription {
  readonly exchanges: Exchanges;
  readonly sendersOf: SendersOf;
}

let declared: System | undefined;

/**
 * Declares the system that this process belongs to. Call it once, in the module that defines the contracts: whoever
 * imports a contract has then declared the system too.
 * @throws Error when another system is declared already
 */
export function declareSystem(description: SystemDescription): System {
  if (declared) throw new Error(`this process belongs to the system ${declared.name}, and cannot join another`);
  const { name, catalogue, sends } = description;
  return (declared = { ...description, exchanges: exchangesOf(name), sendersOf: sendersIn(catalogue, sends) });
}

/**
 * The system that this process belongs to.
 * @throws Error when none is declared
 */
export function system(): System {
  if (!declared) throw new Error('no system is declared: call declareSystem in the module with the contracts');
  return declared;
}
