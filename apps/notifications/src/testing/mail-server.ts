import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string;
  /** Header lines and body, as they came. */
  source: string;
}

/** The reply that a recipient or a message gets instead of acceptance. */
export type Refusal = { at: 'MAIL FROM' | 'RCPT TO' | 'DATA'; code: number } | undefined;

/** An SMTP server on loopback that can be stopped and started on one port. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** Recipients of every try, also of refused ones. */
  readonly tries: string[] = [];
  url = '';
  refuse: (to: string) => Refusal = () => undefined;
  #server: SMTPServer | undefined;

  async open(): Promise<void> {
    const port = Number(this.url && new URL(this.url).port);
    this.#server = new SMTPServer({
      ...{ authOptional: true, disabledCommands: ['STARTTLS'], logger: false, closeTimeout: 100 },
      onMailFrom: ({ address }, _, done) => done(this.#errorAt('MAIL FROM', address)),
      onRcptTo: ({ address }, _, done) => {
        this.tries.push(address);
        done(this.#errorAt('RCPT TO', address));
      },
      onData: (stream, { envelope }, done) => {
        const to = envelope.rcptTo[0]!.address;
        void text(stream).then((source) => {
          const error = this.#errorAt('DATA', to);
          if (!error) this.received.push({ from: envelope.mailFrom ? envelope.mailFrom.address : '', to, source });
          done(error, 'OK: queued as M1');
        });
      },
    });
    this.#server.on('error', () => undefined);
    await new Promise<void>((resolve) => this.#server!.listen(port, '127.0.0.1', resolve));
    this.url = `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(resolve) : resolve()));
  }

  #errorAt(at: 'MAIL FROM' | 'RCPT TO' | 'DATA', address: string): Error | null {
    const refusal = this.refuse(address);
    return refusal?.at === at ? Object.assign(new Error(`no, said ${at}`), { responseCode: refusal.code }) : null;
  }
}
