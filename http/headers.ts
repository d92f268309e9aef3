/** Headers that frame the message or the connection: the client's own business. */
const FORBIDDEN = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Visible Latin-1, spaces and tabs: no control characters, so no second header or request. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The headers as they are sent: names in lower case, no content coding asked for.
 * @returns undefined when a name or value is malformed, forbidden or given twice
 */
export function toSentHeaders(headers: Record<string, string>): Record<string, string> | undefined {
  const sent: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (!NAME.test(name) || !VALUE.test(value) || FORBIDDEN.has(name) || Object.hasOwn(sent, name)) return undefined;
    sent[name] = value;
  }
  sent['accept-encoding'] = 'identity';
  sent['user-agent'] ??= 'Leadwire';
  return sent;
}

/** The headers as they were received, repeated ones joined. */
export function toReceivedHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const received: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== '__proto__')
      received[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return received;
}
