import { escapeXml } from './escape.ts';
import { toText } from './plain.ts';

const NAME = /^[\p{L}_][\p{L}\p{N}_.-]*(?::[\p{L}_][\p{L}\p{N}_.-]*)?$/u;

/** Whether an element or (with @) an attribute can have this name. */
export function isXmlName(name: string): boolean {
  return NAME.test(name.replace(/^@/, ''));
}

/** A document from a nested object: lists repeat their element, names that start with @ are attributes. */
export function writeXml(root: string, fields: Record<string, unknown>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${writeElement(root, fields)}`;
}

function writeElement(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item: unknown) => writeElement(name, item)).join('');
  if (value === null || typeof value !== 'object' || value instanceof Date) {
    return `<${name}>${escapeXml(toText(value))}</${name}>`;
  }
  const entries = Object.entries(value).filter(([child]) => isXmlName(child));
  const attributes = entries
    .filter(([child]) => child.startsWith('@'))
    .map(([child, text]) => ` ${child.slice(1)}="${escapeXml(toText(text))}"`);
  const children = entries.filter(([child]) => !child.startsWith('@'));
  return `<${name}${attributes.join('')}>${children.map(([child, item]) => writeElement(child, item)).join('')}</${name}>`;
}
