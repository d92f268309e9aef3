import type { ActivityDeps } from '../deps.ts';
import type { EventStep } from '../steps.ts';
import { attemptPostback, readRecord } from './deliver.ts';

/**
 * Makes the first attempt of each postback of an event, all at the same time. What was tried before this ran again is
 * not tried here: it goes on by its schedule.
 *
 * @returns which of them have to be tried again
 */
export async function tellEvent(deps: ActivityDeps, { postbacks }: { postbacks: string[] }): Promise<EventStep> {
  const steps = await Promise.all(
    postbacks.map(async (id) => {
      const record = await readRecord(deps, id);
      return record.attempts > 0 ? record.state : (await attemptPostback(deps, record)).step.state;
    }),
  );
  return { again: postbacks.filter((_, at) => steps[at] === 'open'), failed: steps.includes('failed') };
}
