import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { CONFIG } from '@sluice/service-kit';
import type { AccountsConfig } from './config.js';
import { HashingQueue } from './hashing-queue.js';
import { hashesAtATime, hashPassword, passwordMatches } from './password.js';
import { SignInAddressQueries } from './sign-in-address.queries.js';
import { countTry, failureKeys, onFailures, takeBack, undo, type Client, type Counted } from './sign-in-failure.js';
import { SignInFailureRepository } from './sign-in-failure.repository.js';

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
export class PasswordCalls {
  readonly #queue: HashingQueue;

  constructor(
    private readonly failures: SignInFailureRepository,
    private readonly addresses: SignInAddressQueries,
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
    if (client !== undefined) await this.#count(message, { phone, client }, countTry);
    const found = await this.#compare(message, attempt, accounts);
    if (!found || client === undefined) return found;
    await Promise.all([this.#count(message, { phone, client }, takeBack), this.addresses.remember(phone, client)]);
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
      if (!begun && client !== undefined) await this.#count(message, { phone, client }, undo);
      throw error;
    }
  }

  /** Under a message id of its own: the request itself may still change something. */
  async #count(message: Message, of: Client, rule: (counted: Counted, now: Date) => Counted): Promise<void> {
    await this.failures.change({ ...message, id: newId() }, failureKeys(of), onFailures(of, rule));
  }
}

/** Computes one hash for a number without accounts as well, so that the time of the reply does not reveal it. */
async function firstWith<A extends Hashed>(password: string, accounts: readonly A[]): Promise<A | undefined> {
  if (accounts.length === 0) return void (await passwordMatches(password, undefined));
  for (const account of accounts) if (await passwordMatches(password, account.passwordHash)) return account;
  return undefined;
}
