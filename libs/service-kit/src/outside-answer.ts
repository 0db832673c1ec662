/** Maximum length of an outside response, which contains an id or a reason. Protects the memory. Bytes. */
const MAX_ANSWER = 64 * 1024;

/**
 * Reads the JSON body of a response of an outside service.
 * @throws Error when the body is longer than 64 kB; the rest is not read
 * @throws SyntaxError when the body is not JSON
 */
export async function jsonFrom({ body }: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw new Error(`the answer is longer than ${MAX_ANSWER / 1024} kB`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
