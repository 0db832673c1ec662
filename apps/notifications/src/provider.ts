/** A message to one person. */
export interface ProviderMessage {
  /** The same id is the same message: the provider sends it once. */
  id: string;
  /** A phone number or an e-mail address. */
  to: string;
  text: string;
  /** Of an e-mail. */
  subject?: string;
}

/**
 * Outcome of a message. `kept`: stored here, no provider was involved. `sent`: accepted by the provider, under its
 * own reference. `refused`: the provider will never send it, for the given reason.
 */
export type Outcome =
  { status: 'kept' } | { status: 'sent'; providerReference: string } | { status: 'refused'; reason: string };

/** A service that sends messages to people. */
export interface Provider {
  /** @throws UnavailableError the provider gives no reply, or none about the message: send it again with the same id */
  send(message: ProviderMessage): Promise<Outcome>;
}

/** Nest's tokens of the providers in use. */
export const SMS_PROVIDER = Symbol('sms provider');
export const EMAIL_PROVIDER = Symbol('e-mail provider');
