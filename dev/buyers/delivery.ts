import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Behaviour } from './behaviour.ts';
import type { WireAnswer } from './wire.ts';

const HUGE_BYTES = 64 * 1024 * 1024;
const DRIP_INTERVAL_MS = 100;
/** Long enough for headers to be read before a reset discards what the other side has not read yet. */
const HEADERS_HEAD_START_MS = 20;

/** Sends an answer the way the behaviour says; resolves when there is nothing left to send or the client is gone. */
export async function deliver(response: ServerResponse, answer: WireAnswer, behaviour: Behaviour = {}): Promise<void> {
  if (behaviour.delayMs) await pause(response, behaviour.delayMs);
  if (response.destroyed) return;
  switch (behaviour.mode) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'reset_after_headers':
      writeHead(response, answer, answer.body.length);
      response.flushHeaders();
      if (await pause(response, HEADERS_HEAD_START_MS)) response.socket?.resetAndDestroy();
      return;
    case 'html':
      return send(response, {
        status: behaviour.status ?? 200,
        contentType: 'text/html; charset=utf-8',
        body: '<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>',
      });
    case 'empty':
      return send(response, { ...answer, status: behaviour.status ?? 200, body: '' });
    case 'truncated':
      writeHead(response, answer, Buffer.byteLength(answer.body));
      response.write(answer.body.slice(0, Math.ceil(answer.body.length / 2)), () => response.socket?.destroySoon());
      return;
    case 'huge':
      return sendHuge(response, answer);
    case 'slow_drip':
      return drip(response, answer);
    default:
      return send(response, answer);
  }
}

function writeHead(response: ServerResponse, { status, contentType }: WireAnswer, contentLength?: number): void {
  const length = contentLength === undefined ? {} : { 'content-length': contentLength };
  response.writeHead(status, { 'content-type': contentType, ...length });
}

function send(response: ServerResponse, answer: WireAnswer): void {
  writeHead(response, answer, Buffer.byteLength(answer.body));
  response.end(answer.body);
}

/** The answer behind 64 MiB of blanks, so that who reads it all finds it valid. */
async function sendHuge(response: ServerResponse, answer: WireAnswer): Promise<void> {
  writeHead(response, answer);
  const blanks = Buffer.alloc(64 * 1024, ' ');
  const closed = once(response, 'close');
  for (let sent = 0; sent < HUGE_BYTES; sent += blanks.length) {
    if (!response.write(blanks)) await Promise.race([once(response, 'drain'), closed]);
    if (response.destroyed) return;
  }
  response.end(answer.body);
}

/** One byte every 100 ms. */
async function drip(response: ServerResponse, answer: WireAnswer): Promise<void> {
  const bytes = Buffer.from(answer.body);
  writeHead(response, answer, bytes.length);
  for (let at = 0; at < bytes.length; at += 1) {
    response.write(bytes.subarray(at, at + 1));
    if (!(await pause(response, DRIP_INTERVAL_MS))) return;
  }
  response.end();
}

/** Waits; false as soon as the client has left. */
function pause(response: ServerResponse, ms: number): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const finish = (stillThere: boolean): void => {
      clearTimeout(timer);
      response.off('close', onClose);
      resolve(stillThere);
    };
    const onClose = (): void => finish(false);
    const timer = setTimeout(() => finish(true), ms);
    response.once('close', onClose);
  });
}
