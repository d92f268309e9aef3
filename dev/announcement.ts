import { randomBytes } from 'node:crypto';
import type { LeadwireNode } from '../server/node.ts';
import type { Buyers } from './buyers/server.ts';
import type { LoadedSample } from './sample/load.ts';
import type { Stack } from './servers/stack.ts';

export interface Announced {
  node: LeadwireNode;
  stack: Stack;
  buyers: Buyers;
  sample: LoadedSample;
}

/** What a newcomer needs next, ready to paste. */
export function announce({ node, stack, buyers, sample }: Announced): void {
  const lines = [
    '',
    'Leadwire is ready',
    '',
    `  API               ${node.url}`,
    `  Temporal UI       ${stack.temporalUiUrl ?? 'where your Temporal has it'}`,
    `  Simulated buyers  ${buyers.url}/control/log`,
    `  Servers           ${stack.describe.mongo}, ${stack.describe.temporal}`,
    ...(sample.loaded ? ['  Sample campaign   cmp_auto was loaded into the empty database'] : []),
  ];
  if (sample.keys) {
    lines.push(
      '',
      'A sandbox lead (reaches test endpoints only, counts nowhere):',
      '',
      curl(node.url, sample.keys.test),
    );
    lines.push('', 'A live lead:', '', curl(node.url, sample.keys.live));
  }
  lines.push('', 'Ctrl-C ends everything that was started here.');
  console.log(lines.join('\n'));
}

function curl(url: string, key: string): string {
  // Another person each time, or the second lead would be a duplicate of the first.
  const phone = `212-555-01${String(Math.floor(Math.random() * 90) + 10)}`;
  const lead = {
    zip: '10001',
    state: 'New York',
    vehicle_year: 2019,
    first_name: 'Ada',
    last_name: 'Lovelace',
    email: `ada-${randomBytes(4).toString('hex')}@example.com`,
    phone,
  };
  return `curl -s ${url}/api/lead/cmp_auto -H 'x-api-key: ${key}' -H 'content-type: application/json' -d '${JSON.stringify(lead)}'`;
}
