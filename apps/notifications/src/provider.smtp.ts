import type { OnModuleDestroy } from '@nestjs/common';
import { dependencies, UnavailableError } from '@sluice/messaging';
import { createTransport } from 'nodemailer';
import type { Outcome, Provider, ProviderMessage } from './provider.js';

export interface SmtpSettings {
  /** `smtp://` or `smtps://`, with user and password. */
  url: string;
  /** Address of the sender. */
  from: string;
  /** Until the connection stands, and for each reply of the server. Milliseconds. */
  timeoutMs?: number;
}

/** Connections to the server: few servers accept many of one client. */
const MAX_CONNECTIONS = 4;
const TIMEOUT_MS = 10_000;
/** Characters that are kept of a reply. */
const MAX_REPLY = 200;

/** What nodemailer tells of a failed try: the reply of the server, if there is one, and the command before it. */
interface SmtpFailure {
  message?: string;
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
}

/**
 * E-mail over SMTP (RFC 5321). SMTP knows no idempotency key: the delivery's id is the `Message-ID`, the same at each
 * try, by which mailboxes drop a second copy. A 5yz reply to the recipient or to the content refuses the message for
 * good; after anything else its outcome is open.
 */
export class SmtpProvider implements Provider, OnModuleDestroy {
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #from: string;

  /** @param name for operators, such as `email` */
  constructor(
    private readonly name: string,
    { url, from, timeoutMs = TIMEOUT_MS }: SmtpSettings,
  ) {
    this.#from = from;
    const timeouts = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs };
    // A try that fails is repeated by the queue, which knows about the others.
    const pool = { pool: true, maxConnections: MAX_CONNECTIONS, maxRequeues: 0 } as const;
    this.#transport = createTransport({ url, ...pool, ...timeouts, disableFileAccess: true, disableUrlAccess: true });
  }

  async send({ id, to, text, subject = text }: ProviderMessage): Promise<Outcome> {
    const messageId = `<${id}@${this.#from.split('@').at(-1)!}>`;
    const headers = { 'Auto-Submitted': 'auto-generated' }; // RFC 3834: no answers of absent people
    const mail = { from: this.#from, to, subject, text, messageId, headers };
    const outcome = await this.#transport.sendMail(mail).then(
      ({ response }): Outcome => ({ status: 'sent', providerReference: kept(response) || messageId }),
      (error: unknown) => this.#failed(error as SmtpFailure),
    );
    dependencies.succeeded(this.name);
    return outcome;
  }

  onModuleDestroy(): void {
    this.#transport.close();
  }

  /** @throws UnavailableError */
  #failed(failure: SmtpFailure): Outcome {
    const reply = kept(failure.response);
    if (isRefusal(failure)) return { status: 'refused', reason: reply };
    throw new UnavailableError(
      `the ${this.name} server ${reply ? `answered ${reply}` : `gives no answer: ${failure.message}`}`,
      {
        dependency: this.name,
        mayBePoison: mayBePoison(failure),
        cause: failure,
      },
    );
  }
}

const kept = (reply = ''): string => reply.replace(/\s+/g, ' ').trim().slice(0, MAX_REPLY);

/** Replies that are about us, and not about the recipient, whichever command they follow (RFC 4954, section 6). */
const ABOUT_US = new Set([530, 534, 535, 538]);
const isAboutMessage = ({ command }: SmtpFailure): boolean => command === 'RCPT TO' || command === 'DATA';

const isRefusal = (failure: SmtpFailure): boolean =>
  isAboutMessage(failure) && (failure.responseCode ?? 0) >= 500 && !ABOUT_US.has(failure.responseCode!);

/** 421: the server closes. A connection that breaks may have broken on this message. */
const mayBePoison = (failure: SmtpFailure): boolean =>
  failure.responseCode !== 421 && (isAboutMessage(failure) || failure.code === 'ECONNECTION');
