import type { ConnectorOperation } from '../../schema/connector.ts';
import type { Category } from '../../schema/integration.ts';
import type { ConnectorFacts } from './entry.ts';

/** What somebody looks for; everything that is left out lets all through. */
export interface Wanted {
  /** Words; each must be found. */
  q?: string | undefined;
  category?: Category | undefined;
  operation?: ConnectorOperation | undefined;
}

/** Those that fit, the best first: found in the title, then in the id, then anywhere; equals by title. */
export function searchConnectors<Facts extends ConnectorFacts>(
  all: readonly Facts[],
  { q = '', category, operation }: Wanted,
): Facts[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const found: { facts: Facts; score: number }[] = [];
  for (const facts of all) {
    if (category !== undefined && facts.category !== category) continue;
    if (operation !== undefined && !facts.operations.includes(operation)) continue;
    const scores = words.map((word) => scoreOf(facts, word));
    if (scores.includes(0)) continue;
    found.push({ facts, score: scores.reduce<number>((sum, score) => sum + score, 0) });
  }
  return found.sort((a, b) => b.score - a.score || compare(a.facts, b.facts)).map(({ facts }) => facts);
}

function scoreOf(
  { id, package: name, title, description, category, hosts, operations, keywords }: ConnectorFacts,
  word: string,
) {
  const has = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(word));
  if (title.toLowerCase().startsWith(word)) return 8;
  if (has(title)) return 4;
  if (has(id, name)) return 2;
  return has(description, category, ...hosts, ...operations, ...keywords) ? 1 : 0;
}

function compare(a: ConnectorFacts, b: ConnectorFacts): number {
  return a.title.localeCompare(b.title, 'en', { sensitivity: 'base' }) || (a.id < b.id ? -1 : 1);
}
