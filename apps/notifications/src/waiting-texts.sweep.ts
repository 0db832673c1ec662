import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { BATCH_SIZE, CONFIG } from '@sluice/service-kit';
import { Pool } from 'pg';
import { limitsOf, type NotificationsConfig } from './config.js';
import { NotificationRepository } from './notification.repository.js';
import { release } from './release.js';
import type { TextLimits } from './text-limit.js';

const WAITING = `SELECT id FROM texts WHERE user_id = $1 AND asked_at IS NULL AND version > 0
  ORDER BY created_at, id LIMIT ${BATCH_SIZE}`;

/** People whose number has arrived while texts still wait for it: an older process has stored the number. */
export const RELEASABLE = `
  SELECT user_id AS id FROM texts JOIN recipients USING (user_id)
  WHERE texts.asked_at IS NULL AND texts.version > 0 AND recipients.phone IS NOT NULL
  GROUP BY user_id ORDER BY min(texts.created_at) LIMIT ${BATCH_SIZE}`;

/** Sends or withholds the texts that wait for a person's number. */
@Injectable()
export class WaitingTexts {
  readonly #limits: TextLimits;

  constructor(
    private readonly pool: Pool,
    private readonly notifications: NotificationRepository,
    @Inject(CONFIG) config: NotificationsConfig,
  ) {
    this.#limits = limitsOf(config);
  }

  /**
   * Call it after the commit that stores the number: no text begins to wait after that, and a repeat finds none.
   * @param cause the message that brought the number; the texts are released under an id of their own
   */
  async release(cause: Message, userId: string): Promise<void> {
    const { rows } = await this.pool.query<{ id: string }>(WAITING, [userId]);
    const keys = { recipients: [userId], texts: rows.map(({ id }) => id) };
    await this.notifications.change({ ...cause, id: newId() }, keys, (state, now) =>
      release(state, userId, this.#limits, now),
    );
  }
}
