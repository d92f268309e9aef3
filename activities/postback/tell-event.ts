import { untilAnswered } from '../../models/fence.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import type { ActivityDeps } from '../deps.ts';
import type { EventStep } from '../steps.ts';
import { attemptPostback } from './deliver.ts';

/**
 * Makes the first attempt of each postback of an event, all at the same time. What was tried before this ran again is
 * not tried here: it goes on by its schedule.
 *
 * @returns which of them have to be tried again
 */
export async function tellEvent(deps: ActivityDeps, { postbacks }: { postbacks: string[] }): Promise<EventStep> {
  const steps = await Promise.all(
    postbacks.map(async (id) => {
      const record = await untilAnswered(() => deps.models.postbacks.findById(id).lean<PostbackRecord>().exec());
      if (record && record.attempts > 0) return record.state;
      return (await attemptPostback(deps, id)).step.state;
    }),
  );
  return { again: postbacks.filter((_, at) => steps[at] === 'open'), failed: steps.includes('failed') };
}
