import { runProcess } from '@sluice/service-kit';
import { createGateway } from './gateway.js';

await runProcess('gateway', async () => {
  const { app, config, logger, stop } = await createGateway(process.env, process);
  await app.listen(config.PORT, config.HOST);
  logger.log(`listening on ${await app.getUrl()} after ${Math.round(performance.now())} ms`);
  return { logger, stop };
});
