/**
 * Where the bins of answer times end, in milliseconds; each is about a third wider than the one before, so that a
 * percentile is at most that far off. The last one has no end.
 */
const ENDS = [
  ...[
    10, 15, 20, 30, 40, 50, 75, 100, 130, 170, 220, 300, 400, 500, 650, 850, 1100, 1500, 2000, 2600, 3500, 4500, 6000,
  ],
  ...[8000, 10_000, 13_000, 17_000, 22_000, 30_000, 60_000, Infinity],
] as const;

type Bin = `t${string}`;
/** How many answers took how long, by bin: `t10` those of up to 10 ms, `t15` those of up to 15 ms … */
export type TimeCounts = Record<Bin, number>;

const binOf = (end: number): Bin => (end === Infinity ? 't_more' : `t${end}`);

export const NO_TIMES: TimeCounts = Object.fromEntries(ENDS.map((end) => [binOf(end), 0]));

/** The bin that a time in milliseconds falls into. */
export function timeBin(ms: number): Bin {
  return binOf(ENDS.find((end) => ms <= end) ?? Infinity);
}

/**
 * The time in milliseconds that a share of the answers (0.95) took at most; null without answers. As times are counted
 * by bins it is read off between the ends of one.
 */
export function percentile(counts: Readonly<Partial<TimeCounts>>, share: number): number | null {
  const total = ENDS.reduce((sum, end) => sum + (counts[binOf(end)] ?? 0), 0);
  if (total === 0) return null;
  const wanted = share * total;
  let before = 0;
  let start = 0;
  for (const end of ENDS) {
    const count = counts[binOf(end)] ?? 0;
    if (count > 0 && before + count >= wanted) {
      return end === Infinity ? start : Math.round(start + ((end - start) * (wanted - before)) / count);
    }
    before += count;
    start = end;
  }
  return start;
}
