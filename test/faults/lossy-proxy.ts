import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A message on hold: its sender is where a frozen process would be. */
export interface Hold {
  /** The message has come this far. */
  reached: Promise<void>;
  /** Lets it and everything behind it on its connection go on. */
  release(): void;
}

export interface LossyProxy {
  port: number;
  /** From the next message to the server that holds all of these texts: it arrives, its answer does not. */
  loseAnswerTo(...texts: string[]): void;
  lost: () => number;
  /** Holds the next message to the server that holds all of these texts before it arrives. */
  hold(...texts: string[]): Hold;
  /** Holds the answer to it instead: the server has carried it out. */
  holdAnswerTo(...texts: string[]): Hold;
  stop(): Promise<void>;
}

interface Trap {
  texts: string[];
  what: 'lose' | 'hold' | 'hold_answer';
  reached: () => void;
  released: Promise<void>;
}

/** A network between a node and its MongoDB that loses an answer, or keeps a message back for as long as a test likes. */
export async function startLossyProxy(target: { host: string; port: number }): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  let trap: Trap | undefined;
  let lost = 0;

  const server = createServer((client) => {
    const upstream = connect(target);
    let losing = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    }
    client.on('data', (data) => {
      const sprung = trap?.texts.every((text) => data.includes(text)) ? trap : undefined;
      if (!sprung) {
        upstream.write(data);
        return;
      }
      trap = undefined;
      if (sprung.what === 'lose') {
        losing = true;
        lost++;
      }
      const held = sprung.what === 'hold' ? client : upstream;
      if (sprung.what !== 'lose') {
        held.pause();
        sprung.reached();
      }
      if (sprung.what !== 'hold') upstream.write(data);
      void sprung.released.then(() => {
        if (sprung.what === 'hold') upstream.write(data);
        held.resume();
      });
    });
    upstream.on('data', (data) => {
      if (!losing) client.write(data);
      else {
        client.destroy();
        upstream.destroy();
      }
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function holdAt(what: Trap['what'], texts: string[]): Hold {
    let reach = (): void => {};
    let release = (): void => {};
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    trap = { texts, what, reached: reach, released };
    return { reached, release };
  }

  return {
    port: (server.address() as AddressInfo).port,
    loseAnswerTo: (...texts) => void holdAt('lose', texts),
    lost: () => lost,
    hold: (...texts) => holdAt('hold', texts),
    holdAnswerTo: (...texts) => holdAt('hold_answer', texts),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
