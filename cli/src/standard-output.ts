/** Resolves when the text is read: what is not read is not taken from the broker. @throws Error without a reader */
export const write = (text: string): Promise<void> =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));

/** Resolves when this process must end: on Ctrl-C, by a supervisor, or when a reader such as `head` has enough. */
export const whenEnded = (): Promise<unknown> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
    process.stdout.on('error', resolve);
  });
