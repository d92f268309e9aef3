import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fixtureSchema, type Fixture } from './fixture.ts';

/** A fixture as it lies in the folder of its connector. */
export interface NamedFixture {
  kind: 'exemplary' | 'supplemental';
  /** `exemplary/ping-accepted.json` */
  file: string;
  fixture: Fixture;
}

/**
 * The fixtures of a connector, in the order of their names.
 *
 * @param folder of the connector, ending in /
 * @throws Error when one is no JSON or has mistakes
 */
export function readFixtures(folder: URL): NamedFixture[] {
  return (['exemplary', 'supplemental'] as const).flatMap((kind) => {
    const place = new URL(`test/${kind}/`, folder);
    if (!existsSync(place)) return [];
    const names = readdirSync(place).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => {
      const fixture = fixtureSchema.parse(JSON.parse(readFileSync(new URL(name, place), 'utf8')));
      return { kind, file: `${kind}/${name}`, fixture };
    });
  });
}
