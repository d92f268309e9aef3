import type { OutboundRequest } from './contract.ts';

/** Where a file goes, and how its sender proves who it is and that the server is the right one. */
export interface SftpTarget {
  hostname: string;
  port: number;
  /** Of the file, as the server takes it. */
  path: string;
  username: string;
  password?: string;
  privateKey?: string;
  passphrase?: string;
  /** SHA-256 of the keys that the server may have, in base64. */
  fingerprints: ReadonlySet<string>;
}

const PORT = 22;

/**
 * Reads where an upload goes: `sftp://host:port/folder/name`, absolute unless the path starts with `~`. Headers say the
 * rest: `authorization` (Basic), `sftp-fingerprint`, `sftp-private-key`, `sftp-key-passphrase`.
 *
 * @returns undefined for what is no such address, and for a file whose name does not tell its delivery: it would replace
 * the file of another lead
 */
export function readTarget({ url, headers, delivery }: OutboundRequest): SftpTarget | undefined {
  const { hostname, port, pathname, username, password, search, hash } = new URL(url);
  const key = delivery?.id ?? headers['idempotency-key'];
  const segments = segmentsOf(pathname);
  const name = segments?.at(-1);
  if (!segments || !name || key === undefined || !name.includes(fileName(key))) return undefined;
  if (username !== '' || password !== '' || search !== '' || hash !== '') return undefined;
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? PORT : Number(port),
    path: segments[0] === '~' ? segments.slice(1).join('/') : `/${segments.join('/')}`,
    ...credentialsOf(headers),
    fingerprints: fingerprintsOf(headers['sftp-fingerprint']),
  };
}

/** What a lead brings into a name cannot leave its folder, nor be what some system takes for something else. */
function segmentsOf(pathname: string): string[] | undefined {
  try {
    const segments = pathname.split('/').filter((segment) => segment !== '');
    return segments.map((segment) => fileName(decodeURIComponent(segment)));
  } catch {
    return undefined;
  }
}

/** A text as part of a file's name. */
function fileName(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._~=+@-]/gu, '-');
}

function credentialsOf(headers: OutboundRequest['headers']): Pick<SftpTarget, 'username' | 'password'> {
  const basic = /^Basic (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '';
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? [];
  const privateKey = readPrivateKey(headers['sftp-private-key']);
  const passphrase = headers['sftp-key-passphrase'];
  return {
    username,
    ...(password === '' ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey, ...(passphrase === undefined ? {} : { passphrase }) }),
  };
}

/** A header has no line ends: the lines of the key are made anew. */
function readPrivateKey(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, kind = '', body = ''] = /^-----BEGIN ([A-Z ]+)-----(.*)-----END \1-----\s*$/s.exec(text.trim()) ?? [];
  const lines = body.replace(/\s/g, '').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ''].join('\n');
}

/** As `ssh-keygen -l` prints them, separated by commas: `SHA256:…`. */
function fingerprintsOf(text = ''): ReadonlySet<string> {
  const found = text.split(',').flatMap((each) => /^\s*SHA256:([A-Za-z0-9+/]{43})=?\s*$/.exec(each)?.[1] ?? []);
  return new Set(found);
}
