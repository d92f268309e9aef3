import { readdirSync, readFileSync } from 'node:fs';

/** The JSON fixtures of a folder under fixtures/, by the rule each is named for. */
export function scenarios<Scenario>(folder: string): { rule: string; scenario: Scenario }[] {
  const root = new URL(`./fixtures/${folder}/`, import.meta.url);
  return readdirSync(root)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      rule: file.replace('.json', '').replaceAll('-', ' '),
      scenario: JSON.parse(readFileSync(new URL(file, root), 'utf8')) as Scenario,
    }));
}
