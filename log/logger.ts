import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/**
 * Logs carry ids, codes and figures. Lead values never reach a log call; the redaction is a second net for the usual
 * places they would hide in.
 *
 * @param destination standard output unless given
 */
export function createLogger(level: string, nodeId: string, destination?: DestinationStream): Logger {
  const personal = ['fields', 'tracking', 'body', 'lead.fields', 'headers.authorization', 'headers["x-api-key"]'];
  const options = { level, base: { node: nodeId }, redact: { paths: personal, censor: '***' } };
  return destination ? pino(options, destination) : pino(options);
}
