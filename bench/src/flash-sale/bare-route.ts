import fastify from 'fastify';

/** What a route costs that takes a claim's request and does nothing about it: a process of its own, as the gateway is. */
const app = fastify();
app.post('/bare', (_, reply) => reply.status(202).send({ ticket: 'none', status: 'waiting' }));
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
