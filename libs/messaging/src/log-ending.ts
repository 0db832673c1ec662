import type { Logger } from '@nestjs/common';
import type { ConsumeMessage } from 'amqplib';
import type { Ending } from './settlement.js';

export function logEnding(
  logger: Logger,
  ending: Exclude<Ending, { do: 'hold' }>,
  { properties }: ConsumeMessage,
): void {
  const subject = `${String(properties.type)} ${String(properties.messageId)}`;
  if (ending.do === 'retry')
    logger.warn(`${subject} failed (${ending.attempts}), again in ${ending.tierMs} ms: ${ending.reason}`);
  else if (ending.do === 'dead') logger.error(`${subject} is a dead letter: ${ending.reason}`);
  else if (ending.note !== undefined) logger.warn(`${subject}: ${ending.note}`);
}
