const CLASSES: Readonly<Record<string, string>> = { d: '1', w: 'a', s: ' ', D: 'A', W: '-', S: 'A' };
/** Tried in this order for a class that only says what it is not, and for the dot. */
const ANY = ['A', '1', 'a', '-', ' ', '_', '.'];

/**
 * A text that a pattern in RE2 syntax probably matches: the first alternative, the first character of each class, as
 * few repetitions as allowed but one. Whoever uses it tries it; `undefined` when the pattern is beyond this.
 */
export function patternSample(pattern: string): string | undefined {
  try {
    const source = { text: pattern.replace(/^\(\?[a-zA-Z]+\)/, ''), at: 0 };
    const made = alternatives(source);
    return source.at === source.text.length ? made : undefined;
  } catch {
    return undefined;
  }
}

interface Source {
  text: string;
  at: number;
}

function alternatives(source: Source): string {
  let made = '';
  while (source.at < source.text.length && !'|)'.includes(peek(source))) made += repeated(source);
  while (peek(source) === '|') {
    source.at++;
    while (source.at < source.text.length && !'|)'.includes(peek(source))) repeated(source);
  }
  return made;
}

function repeated(source: Source): string {
  const one = atom(source);
  const [matched, mark, least = '1', more] =
    /^([*+?])\??|^\{(\d+)(,\d*)?\}\??/.exec(source.text.slice(source.at)) ?? [];
  if (matched === undefined) return one;
  source.at += matched.length;
  const times = mark ? 1 : Math.max(Number(least), more ? 1 : 0);
  return one.repeat(Math.min(times, 1000));
}

function atom(source: Source): string {
  const character = take(source);
  switch (character) {
    case '^':
    case '$':
      return '';
    case '.':
      return 'A';
    case '(': {
      const opening = /^\?(?:P?<\w+>|[a-zA-Z-]*:)/.exec(source.text.slice(source.at))?.[0] ?? '';
      source.at += opening.length;
      if (peek(source) === '?') throw new Error('an unknown group');
      const inner = alternatives(source);
      if (take(source) !== ')') throw new Error('an open group');
      return inner;
    }
    case '[':
      return oneOfClass(source);
    case '\\':
      return escaped(take(source));
    default:
      return character;
  }
}

function escaped(letter: string): string {
  if (Object.hasOwn(CLASSES, letter)) return CLASSES[letter] ?? '';
  if ('bBAzZ'.includes(letter)) return '';
  if (/[a-zA-Z0-9]/.test(letter)) throw new Error('an unknown escape');
  return letter;
}

function oneOfClass(source: Source): string {
  const end = source.text.indexOf(']', source.at + (/^\^?\]/.test(source.text.slice(source.at)) ? 2 : 1));
  if (end < 0) throw new Error('an open class');
  const body = source.text.slice(source.at, end);
  source.at = end + 1;
  if (body.startsWith('^')) {
    const allowed = ANY.find((candidate) => new RegExp(`[${body}]`).test(candidate));
    if (allowed === undefined) throw new Error('an empty class');
    return allowed;
  }
  if (body.startsWith('[:')) throw new Error('a named class');
  return body.startsWith('\\') ? escaped(body.charAt(1)) : body.charAt(0);
}

function peek({ text, at }: Source): string {
  return text.charAt(at);
}

function take(source: Source): string {
  return source.text.charAt(source.at++);
}
