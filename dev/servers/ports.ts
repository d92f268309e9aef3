import { createServer } from 'node:net';
import { StackError } from './stack-error.ts';

/** All embedded servers listen here and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/**
 * The port to use: `wanted`, or a free one when it is 0.
 * Throws `port_taken`, naming the environment variable that moves the server, when it cannot be had.
 */
export async function choosePort(wanted: number, envName: string): Promise<number> {
  try {
    return await listenOnce(wanted);
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    const what = denied ? 'is not for this user:' : 'is taken: stop what uses it or';
    throw new StackError('port_taken', `Port ${wanted} ${what} set ${envName} to another port`);
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
