import type { ChannelModel, ConfirmChannel } from 'amqplib';

/** A channel whose error does not end the process: the call that caused it fails with the same error. */
export const openChannel = async (connection: ChannelModel): Promise<ConfirmChannel> =>
  (await connection.createConfirmChannel()).on('error', () => {});
