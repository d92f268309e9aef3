/**
 * Splits JSON text that comes in pieces into its rows: the objects of an array, or objects one after the other, as JSON
 * lines are. Only where an object begins and ends is found here; what is in it `JSON.parse` says.
 *
 * @param maxLength of one row, in characters
 */
export function createJsonRows(maxLength: number) {
  /** The pieces of the row that has begun. */
  let row = '';
  let depth = 0;
  let quoted = false;
  let escaped = false;
  let array: 'unknown' | 'none' | 'open' | 'closed' = 'unknown';
  /** In an array: whether a row may come, or a comma must. */
  let expects: 'row or end' | 'row' | 'comma or end' = 'row or end';

  /** One character between rows; false: it cannot stand there. */
  function between(character: string): boolean {
    if (character === '\ufeff' || /\s/.test(character)) return true;
    if (array === 'unknown' && character === '[') {
      array = 'open';
      return true;
    }
    if (array === 'closed') return false;
    if (character === '{') {
      if (array === 'unknown') array = 'none';
      return array === 'none' || expects !== 'comma or end';
    }
    if (array !== 'open') return false;
    if (character === ',' && expects === 'comma or end') {
      expects = 'row';
      return true;
    }
    if (character !== ']' || expects === 'row') return false;
    array = 'closed';
    return true;
  }

  return {
    /** The rows that end in this piece. @throws SyntaxError for what is no row; @throws RangeError for a long one. */
    *push(text: string): Generator<Record<string, unknown>> {
      let start = 0;
      for (let at = 0; at < text.length; at++) {
        const character = text[at]!;
        if (depth === 0) {
          if (!between(character)) throw new SyntaxError('no row begins here');
          if (character !== '{') continue;
          depth = 1;
          start = at;
        } else if (quoted) {
          if (escaped) escaped = false;
          else if (character === '\\') escaped = true;
          else if (character === '"') quoted = false;
        } else if (character === '"') quoted = true;
        else if (character === '{' || character === '[') depth++;
        else if (character === '}' || character === ']') {
          depth--;
          if (depth > 0) continue;
          row += text.slice(start, at + 1);
          if (row.length > maxLength) throw new RangeError('a row is too long');
          const value = JSON.parse(row) as Record<string, unknown>;
          row = '';
          expects = 'comma or end';
          yield value;
        }
      }
      if (depth > 0) row += text.slice(start);
      if (row.length > maxLength) throw new RangeError('a row is too long');
    },
    /** @throws SyntaxError when the text ends within a row or an array. */
    end(): void {
      if (depth > 0 || array === 'open') throw new SyntaxError('it ends too early');
    },
  };
}
