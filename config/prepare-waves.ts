import type { Integration } from '../schema/integration.ts';

interface Waiting {
  id: string;
  integration: Pick<Integration, 'after'>;
}

/**
 * Groups what runs before the ping into waves: each wave waits for the ones before it only. What it names in `after`
 * but does not run before the ping of the campaign counts as done. The check has refused circles.
 */
export function prepareWavesOf<Preparing extends Waiting>(preparing: readonly Preparing[]): Preparing[][] {
  const waves: Preparing[][] = [];
  let waiting = [...preparing];
  while (waiting.length > 0) {
    const open = new Set(waiting.map(({ id }) => id));
    const ready = waiting.filter(({ integration }) => !integration.after?.some((earlier) => open.has(earlier)));
    if (ready.length === 0) throw new Error('Integrations before the ping wait for each other');
    waves.push(ready);
    waiting = waiting.filter((integration) => !ready.includes(integration));
  }
  return waves;
}
