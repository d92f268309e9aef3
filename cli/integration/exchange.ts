import type { Exchange } from '../../http/outbound.ts';

type Shown = Pick<Exchange, 'method' | 'url' | 'requestHeaders' | 'requestBody'> & Partial<Exchange>;

/** A request and, where there is one, its answer as they went over the line; secrets are masked. */
export function exchangeLines(exchange: Shown | undefined): string[] {
  if (!exchange) return [];
  const { method, url, requestHeaders, requestBody, status, responseHeaders = {}, responseBody = '' } = exchange;
  const request = [`${method} ${url}`, ...headerLines(requestHeaders), ...bodyLines(requestBody), ''];
  if (status === undefined) return request;
  return [
    ...request,
    `${status} in ${Math.round(exchange.durationMs ?? 0)} ms`,
    ...headerLines(responseHeaders),
    ...bodyLines(responseBody),
    '',
  ];
}

function headerLines(headers: Record<string, string>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

function bodyLines(body: string): string[] {
  return body === '' ? [] : ['', body];
}
