/** What a mapping or a function may have made of a credential. */
export function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const reversed = [...secret].reverse().join('');
  return [
    secret,
    secret.toUpperCase(),
    secret.toLowerCase(),
    reversed,
    bytes.toString('base64'),
    hex,
    hex.toUpperCase(),
  ];
}

/** Shorter ones are found in every text. */
const SHORTEST = 4;

/** Names of the credentials that stand in a text, however they are spelled. */
export function credentialsIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    secret.length >= SHORTEST && spellings(secret).some((spelled) => text.includes(spelled)) ? [name] : [],
  );
}
