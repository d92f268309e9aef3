/** One request to a configured URL. Nothing here is trusted: URL, headers and body come from configuration and leads. */
export interface OutboundRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** http or https, without credentials. Others are carried elsewhere: `mailto:`, `sftp:`, `portal:`. */
  url: string;
  /** Names are sent in lower case. Names that frame the message (host, content-length, …) are refused. */
  headers: Record<string, string>;
  body?: string | Buffer;
  /** For the whole request: waiting for a socket, connecting, headers and body. */
  timeoutMs: number;
  /** Cap on the body, raw and decoded. Default 1 MiB. */
  maxResponseBytes?: number;
  /** Epoch ms. Checked when the socket is handed over, before the first byte; past it nothing is sent. */
  sendBy?: number;
  /**
   * Whose request it is: of one name only so many are under way at a time, posts and others apart. Default: nobody's,
   * without such a bound.
   */
  lane?: string;
  /** For posts: the delivery they make, and whether an earlier post of it got no clear answer. */
  delivery?: { id: string; repeated: boolean };
  /** For posts: no socket that was idle for over a second. */
  freshSocket?: boolean;
  /** Values that an exchange record must not show. Pass the same array each time: its pattern is compiled once. */
  secrets?: readonly string[];
}

/** Why not one byte of the request was sent. */
export type NotSentCode =
  | 'invalid_url'
  | 'invalid_header'
  | 'address_refused'
  | 'dns_failed'
  | 'connect_failed'
  | 'connect_timeout'
  | 'tls_failed'
  | 'host_key_mismatch'
  | 'login_refused'
  | 'send_by_passed'
  | 'pool_busy'
  | 'pool_closed';

/** Why there is no complete answer although bytes may have been sent. */
export type AmbiguousCode = 'timeout' | 'reset' | 'truncated' | 'too_large' | 'bad_response' | 'decompression_failed';

/** What operators read of one request and its answer: trimmed and masked. */
export interface Exchange {
  method: string;
  url: string;
  requestHeaders: Record<string, string>;
  requestBody: string;
  status?: number;
  responseHeaders?: Record<string, string>;
  responseBody?: string;
  code?: NotSentCode | AmbiguousCode;
  /** The system's or TLS library's own error code, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  detail?: string;
  startedAt: Date;
  durationMs: number;
}

interface Timed {
  durationMs: number;
  /** Made when asked for: most exchanges cost more to mask than to send. */
  exchange: () => Exchange;
}

export interface OutboundResponse extends Timed {
  kind: 'response';
  status: number;
  /** Names in lower case; repeated headers are joined with a comma. As received: the body is decoded, these are not. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface OutboundNotSent extends Timed {
  kind: 'not_sent';
  code: NotSentCode;
}

export interface OutboundAmbiguous extends Timed {
  kind: 'ambiguous';
  code: AmbiguousCode;
}

export type OutboundResult = OutboundResponse | OutboundNotSent | OutboundAmbiguous;
