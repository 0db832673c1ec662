/** One message to one person. */
export interface Letter {
  /** The same id is the same message: the provider sends it once. */
  id: string;
  /** A phone number or an e-mail address. */
  to: string;
  text: string;
}

/** Somebody who brings messages to people. */
export interface Provider {
  /** @returns the provider's own name for it; undefined when it is only kept here. @throws Error no answer: ask again with the same id */
  send(letter: Letter): Promise<string | undefined>;
}

/** Where Nest finds the providers in use. */
export const SMS_PROVIDER = Symbol('sms provider');
export const EMAIL_PROVIDER = Symbol('e-mail provider');
