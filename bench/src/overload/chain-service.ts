// One service of a synchronous chain, in its own process: node chain-service.js, with PORT, DATABASE_URL, and NEXT, the
// URL of the service that it calls; the last one calls nobody.
import fastify from 'fastify';
import pg from 'pg';

/** Usual values of HTTP clients and pools. */
const TIMEOUT_MS = 3_000;
const CONNECTIONS = 10;

const { PORT, DATABASE_URL, NEXT } = process.env;
const pool = new pg.Pool({
  connectionString: DATABASE_URL!,
  max: CONNECTIONS,
  connectionTimeoutMillis: TIMEOUT_MS,
});
const app = fastify();

/** Stores the order, calls the next service, and stores the result: what each step of the shop does, without messages. */
app.post('/orders', async ({ body }, reply) => {
  const { id } = body as { id: string };
  await pool.query('INSERT INTO steps (id, body) VALUES ($1, $2)', [id, body]);
  if (NEXT) await callNext(body);
  await pool.query("UPDATE steps SET state = 'done' WHERE id = $1", [id]);
  return reply.status(201).send({ id });
});

/** @throws Error when the next service fails or does not answer in time */
async function callNext(body: unknown): Promise<void> {
  const answer = await fetch(`${NEXT}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.text();
  if (!answer.ok) throw new Error(`${NEXT} answered ${answer.status}`);
}

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
console.log('ready');
