import type { CapRecord } from '../models/cap.ts';
import { isDuplicateKey, untilAnswered } from '../models/fence.ts';
import type { LeadModels } from '../models/models.ts';
import { native } from '../models/native.ts';
import type { CapWindow } from '../rules/caps.ts';

type Caps = LeadModels['caps'];

/**
 * Counts one call of a service that is no buyer, in every window or in none. A call has no record that could be found
 * again, so what is repeated after a lost answer may be counted twice: a cap is reached too early then, never exceeded.
 */
export async function countCall(caps: Caps, windows: readonly CapWindow[]): Promise<{ full?: CapWindow }> {
  const counted: CapWindow[] = [];
  // The check refuses a budget where nothing is sold.
  for (const window of windows.filter(({ kind }) => kind !== 'revenue')) {
    if (await countOne(caps, window)) {
      counted.push(window);
      continue;
    }
    await uncount(caps, counted);
    return { full: window };
  }
  return {};
}

/** Takes a call that came to nothing back from the windows that count what was accepted. */
export async function uncountCall(caps: Caps, windows: readonly CapWindow[]): Promise<void> {
  await uncount(
    caps,
    windows.filter(({ kind }) => kind === 'accepted'),
  );
}

async function countOne(caps: Caps, { id, max }: CapWindow): Promise<boolean> {
  const take = { $inc: { n: 1 }, $setOnInsert: { open: [] } };
  // A duplicate key may mean that a racer has just made the window, or that it is full.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await untilAnswered(() =>
        native<CapRecord>(caps).updateOne({ _id: id, n: { $lt: max } }, take as never, { upsert: true }),
      );
      return true;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
  return false;
}

async function uncount(caps: Caps, windows: readonly CapWindow[]): Promise<void> {
  await Promise.all(
    windows.map(({ id }) => untilAnswered(() => native<CapRecord>(caps).updateOne({ _id: id }, { $inc: { n: -1 } }))),
  );
}
