import type { PackageFiles } from '../../config/connectors/tarball.ts';

/** Files that hold credentials wherever they lie. */
const FILES =
  /(?:^|\/)(?:\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|\.env(?:\..+)?|id_(?:rsa|dsa|ecdsa|ed25519)|.+\.(?:pem|key|p12|pfx|jks|keystore))$/i;
/** Texts that are credentials by their form, as their issuers document them. */
const TEXTS: readonly [RegExp, string][] = [
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/, 'a private key'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'a token of npm'],
  [/:_(?:authToken|password|auth)\s*=/, 'credentials of a registry'],
  [/\bgh[pousr]_[A-Za-z0-9]{36,}\b/, 'a token of GitHub'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an access key of AWS'],
  [/\b[rs]k_live_[A-Za-z0-9]{16,}\b/, 'a live key of Stripe'],
];

/** What must not be published: where it stands and what it is, never the thing itself. */
export function leaksIn(files: PackageFiles): string[] {
  return [...files].flatMap(([path, content]) => {
    if (FILES.test(path)) return [`${path} is a file for credentials`];
    const text = content.toString('latin1');
    return TEXTS.filter(([form]) => form.test(text)).map(([, what]) => `${path} holds ${what}`);
  });
}
