import { readFile, rename, writeFile } from 'node:fs/promises';
import { isScalar, parseDocument, type Document } from 'yaml';
import { CommandFailure } from './terminal.ts';

export interface ConfigurationText {
  path: string;
  text: string;
  /** What the text says, unchecked. */
  input: unknown;
}

/**
 * Reads a YAML or JSON file. A property given twice is a mistake in both. Fails with every syntax error, each with its
 * line and column.
 */
export async function readConfigurationFile(path: string): Promise<ConfigurationText> {
  const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  const document = parse(text);
  if (document.errors.length > 0) {
    throw new CommandFailure(
      document.errors.map(({ linePos, message, code }) => {
        const at = linePos ? `${linePos[0].line}:${linePos[0].col}: ` : '';
        return `${path}:${at}${firstLine(message)} (${code.toLowerCase()})`;
      }),
    );
  }
  try {
    return { path, text, input: document.toJS({ maxAliasCount: 1000 }) };
  } catch (error) {
    throw new CommandFailure([`${path}: ${(error as Error).message} (bad_alias)`]);
  }
}

/** Writes another number after `revision:`, leaving every other character of the file as it is. */
export async function updateRevision({ path, text }: ConfigurationText, revision: number): Promise<boolean> {
  const node = parse(text).get('revision', true);
  if (!isScalar(node) || !node.range || node.value === revision) return false;
  const [start, end] = node.range;
  await writeFile(`${path}.partial`, text.slice(0, start) + String(revision) + text.slice(end));
  await rename(`${path}.partial`, path);
  return true;
}

/** JSON is YAML as well, but for tabs. */
function parse(text: string): Document.Parsed {
  const source = text.trimStart().startsWith('{') ? text.replaceAll('\t', ' ') : text;
  return parseDocument(source, { uniqueKeys: true, merge: true, prettyErrors: true });
}

function firstLine(message: string) {
  return message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
}
