import { connect as open, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy to a broker, which can be cut, so that the broker seems down, or can hold back the broker's answers. */
export async function openCable(url: string) {
  const target = new URL(url);
  const { port, hostname } = target;
  const sockets = new Set<Socket>();
  const answers: (readonly [from: Socket, to: Socket])[] = [];
  let cut = false;
  const server = createServer((near) => {
    if (cut) return near.destroy();
    const far = open(Number(port), hostname);
    answers.push([far, near]);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => from.destroy())
        .on('close', () => to.destroy())
        .pipe(to);
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.hostname = '127.0.0.1';
  target.port = String((server.address() as AddressInfo).port);
  return {
    url: target.href,
    cut: () => {
      cut = true;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    mend: () => {
      cut = false;
    },
    /** Holds back all answers from now on; the broker still receives what is sent. */
    holdAnswers: () => {
      for (const [from, to] of answers) from.unpipe(to);
    },
    /** Delivers the answers that were held back, and all later ones. */
    letAnswersThrough: () => {
      for (const [from, to] of answers) if (!from.destroyed) from.unpipe(to).pipe(to);
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
