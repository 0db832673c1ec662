/** An answer from outside says an id or a reason. Whoever says more is not who was meant, and could fill the memory until the timeout. Bytes. */
const MAX_ANSWER = 64 * 1024;

/** The JSON that somebody outside of this system has answered. @throws Error when it is longer than 64 kB, and then reads no further; SyntaxError when it is none */
export async function jsonFrom({ body }: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // To leave the loop ends the connection.
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw new Error(`the answer is longer than ${MAX_ANSWER / 1024} kB`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
