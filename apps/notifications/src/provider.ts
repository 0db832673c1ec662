/** One message to one person. */
export interface Letter {
  /** The same id is the same message: the provider sends it once. */
  id: string;
  /** A phone number or an e-mail address. */
  to: string;
  text: string;
}

/**
 * What became of a letter. `kept`: it is here to be read, no provider was involved. `sent`: the provider has it, under its own
 * name for it. `refused`: the provider never will, for the reason it gives.
 */
export type Outcome =
  { status: 'kept' } | { status: 'sent'; providerReference: string } | { status: 'refused'; reason: string };

/** Somebody who brings messages to people. */
export interface Provider {
  /** @throws UnavailableError the provider gives no answer, or none about the letter: send it again with the same id */
  send(letter: Letter): Promise<Outcome>;
}

/** Where Nest finds the providers in use. */
export const SMS_PROVIDER = Symbol('sms provider');
export const EMAIL_PROVIDER = Symbol('e-mail provider');
