import type { SecretStore } from '../config/secrets.ts';

/** A line for each credential that nobody has set: the lead that needs one would fail on it. */
export async function missingSecrets(
  secrets: Pick<SecretStore, 'list'>,
  wanted: readonly { id: string; names: readonly string[] }[],
): Promise<string[]> {
  const set = new Set((await secrets.list()).map(({ integration, name }) => `${integration}:${name}`));
  return wanted.flatMap(({ id, names }) =>
    names
      .filter((name) => !set.has(`${id}:${name}`))
      .map(
        (name) => `integrations.${id}: warning: ${name} has no value; run leadwire secret set ${id} ${name} (no_value)`,
      ),
  );
}
