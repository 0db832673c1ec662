import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { CONFIG } from '@sluice/service-kit';
import type { AccountsConfig } from './config.js';
import { HashingQueue } from './hashing-queue.js';
import { SignInAddresses } from './sign-in-addresses.js';
import { hashesAtATime, hashPassword, passwordMatches } from './password.js';
import { SignInFailures } from './sign-in-failures.repository.js';

/** A password to check, with its phone number, and the client's address if there is one. */
export interface Attempt {
  phone: string;
  password: string;
  client?: string | undefined;
}

interface Hashed {
  passwordHash: string;
}

/** Compares and hashes passwords: counted, queued, and only while the caller waits. */
@Injectable()
export class Passwords {
  readonly #queue: HashingQueue;

  constructor(
    private readonly failures: SignInFailures,
    private readonly addresses: SignInAddresses,
    @Inject(CONFIG) { UV_THREADPOOL_SIZE }: Pick<AccountsConfig, 'UV_THREADPOOL_SIZE'>,
  ) {
    this.#queue = new HashingQueue(hashesAtATime(UV_THREADPOOL_SIZE));
  }

  /** @throws ProblemError 429, 503 as the hashing queue */
  hash({ deadline }: Message, client: string | undefined, password: string): Promise<string> {
    return this.#queue.run({ client, signedInBefore: false, deadline }, () => hashPassword(password));
  }

  /**
   * Returns the account with this password. A number without accounts is counted, queued and compared like any other.
   * @throws ProblemError 429 after too many failures, or as the hashing queue; 503 as the hashing queue
   */
  async find<A extends Hashed>(message: Message, attempt: Attempt, accounts: readonly A[]): Promise<A | undefined> {
    const { phone, client } = attempt;
    // Under a message id of its own: the request itself may still change something.
    if (client !== undefined) await this.failures.countTry({ ...message, id: newId() }, phone, client);
    const found = await this.#compare(message, attempt, accounts);
    if (!found || client === undefined) return found;
    await Promise.all([this.failures.takeBack(message, phone, client), this.addresses.remember(phone, client)]);
    return found;
  }

  async #compare<A extends Hashed>(message: Message, attempt: Attempt, accounts: readonly A[]): Promise<A | undefined> {
    const { phone, password, client } = attempt;
    const signedInBefore = client !== undefined && (await this.addresses.has(phone, client));
    let begun = false;
    try {
      return await this.#queue.run({ client, signedInBefore, deadline: message.deadline }, () => {
        begun = true;
        return firstWith(password, accounts);
      });
    } catch (error) {
      if (!begun && client !== undefined) await this.failures.undo(message, phone, client);
      throw error;
    }
  }
}

/** Computes one hash for a number without accounts as well, so that the time of the reply does not reveal it. */
async function firstWith<A extends Hashed>(password: string, accounts: readonly A[]): Promise<A | undefined> {
  if (accounts.length === 0) return void (await passwordMatches(password, undefined));
  for (const account of accounts) if (await passwordMatches(password, account.passwordHash)) return account;
  return undefined;
}
