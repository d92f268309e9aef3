/** A value that JSON has. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

/** As one word of a POSIX shell. */
export function shellLiteral(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As JSON over several lines, which JavaScript reads too. */
export function jsonLiteral(value: Plain, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`);
}

/** As an expression of Python 3. JSON's texts are Python's. */
export function pythonLiteral(value: Plain, indent: string): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as Plain[]).map((item) => pythonLiteral(item, indent)).join(', ')}]`;
  const lines = Object.entries(value).map(
    ([name, item]) => `${indent}    ${JSON.stringify(name)}: ${pythonLiteral(item, `${indent}    `)},\n`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
}

/** As an expression of PHP. */
export function phpLiteral(value: Plain, indent: string): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as Plain[]).map((item) => phpLiteral(item, indent)).join(', ')}]`;
  const lines = Object.entries(value).map(
    ([name, item]) => `${indent}    ${phpLiteral(name, '')} => ${phpLiteral(item, `${indent}    `)},\n`,
  );
  return lines.length === 0 ? '[]' : `[\n${lines.join('')}${indent}]`;
}
