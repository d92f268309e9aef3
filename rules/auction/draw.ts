/** A number that nobody can foresee by name and that is the same on every node: FNV-1a with Murmur's final mix. */
export function drawLot(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * A lot by weight: the lowest comes first, each with a chance in proportion to its weight, and so on with the rest (an
 * exponential race).
 */
export function drawWeighted(lot: number, weight: number): number {
  return -Math.log((lot + 0.5) / 2 ** 32) / weight;
}

/**
 * Whose turn it is, as places from 0. Of as many turns as there are names in a row, starting at a multiple of that,
 * each name is first exactly once; the order is another for each such round, so that names which compete for every
 * other lead only have their share too.
 */
export function takeTurns(turn: number, names: Iterable<string>): ReadonlyMap<string, number> {
  const all = [...new Set(names)];
  if (all.length === 0) return new Map();
  const round = Math.floor(turn / all.length);
  const lots = new Map(all.map((name) => [name, drawLot(`${round}:${name}`)]));
  all.sort((a, b) => (lots.get(a) ?? 0) - (lots.get(b) ?? 0) || (a < b ? -1 : 1));
  const first = turn % all.length;
  return new Map(all.map((name, at) => [name, (at - first + all.length) % all.length]));
}
