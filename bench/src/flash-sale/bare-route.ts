import fastify from 'fastify';

/** A route that accepts a claim's request and does nothing, in its own process like the gateway: the baseline. */
const app = fastify();
app.post('/bare', (_, reply) => reply.status(202).send({ ticket: 'none', status: 'waiting' }));
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
