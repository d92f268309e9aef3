import { connect } from 'node:net';

/** What came back on a connection. */
export interface RawAnswer {
  /** Everything, as it stood on the wire. */
  text: string;
  /** Each answer in it, in order. */
  answers: { status: number; headers: string; body: unknown }[];
  /** Whether the server ended the connection. */
  ended: boolean;
  /** Bytes that the kernel took from us until then. */
  sent: number;
}

export interface RawOptions {
  /** Given up after; the server is expected to end the connection, or to answer `answers` times, before. */
  withinMs?: number;
  /** How many answers to wait for. Default: until the server ends the connection. */
  answers?: number;
  /** Keeps sending these, one every `everyMs`, until the connection ends. */
  drip?: { bytes: string; everyMs: number };
}

/** Sends bytes as they are and reads what the server says, until it has said it all. */
export function sendRaw(url: string, bytes: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> {
  const { withinMs = 30_000, answers: wanted = Infinity, drip } = options;
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname);
    let dripping: NodeJS.Timeout | undefined;
    const giveUp = setTimeout(() => finish(new Error(`No end within ${withinMs} ms: ${text.slice(0, 500)}`)), withinMs);
    const finish = (outcome: Error | { ended: boolean }) => {
      clearInterval(dripping);
      clearTimeout(giveUp);
      const sent = socket.bytesWritten - socket.writableLength;
      socket.destroy();
      if (outcome instanceof Error) reject(outcome);
      else resolve({ text, answers: answersIn(text), sent, ...outcome });
    };
    socket.on('connect', () => {
      socket.write(bytes);
      // Not before: the drops belong behind these bytes.
      if (drip) dripping = setInterval(() => socket.write(drip.bytes), drip.everyMs);
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (answersIn(text).length >= wanted) finish({ ended: false });
    });
    socket.on('end', () => finish({ ended: true }));
    // A server that ends a connection with bytes of ours unread resets it; what it said before that counts.
    socket.on('error', () => finish({ ended: true }));
    socket.on('close', () => finish({ ended: true }));
  });
}

/**
 * A connection with one request behind it and a second one half sent. `finish` sends the rest of that, and reads both
 * answers.
 */
export function beginRequest(url: string, start: string, rest: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  const heard = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (answersIn(text).length >= count) resolve();
      };
      socket.on('data', look);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error(`The connection ended: ${text}`)));
      look();
    });
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.write(`GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n${start}`);
  return {
    /** The server has the first half. */
    begun: heard(1),
    async finish(): Promise<{ answers: RawAnswer['answers'] }> {
      socket.write(rest);
      await heard(2);
      socket.destroy();
      return { answers: answersIn(text) };
    },
  };
}

/** The complete answers in a text, by their content-length. */
function answersIn(text: string): RawAnswer['answers'] {
  const answers = [];
  let rest = text;
  for (;;) {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/.exec(rest);
    if (!head) return answers;
    const [whole, status, headers = ''] = head;
    const length = Number(/^content-length: (\d+)/im.exec(headers)?.[1] ?? 0);
    if (rest.length < whole.length + length) return answers;
    const body = rest.slice(whole.length, whole.length + length);
    answers.push({ status: Number(status), headers, body: body === '' ? undefined : readBody(body) });
    rest = rest.slice(whole.length + length);
  }
}

function readBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
