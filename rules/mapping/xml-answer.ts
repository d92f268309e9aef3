import { type EntityDecoderOptions, XMLParser } from 'fast-xml-parser';
import { isForbiddenName } from './path.ts';

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const ENTITY = /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));/gi;

/** XML's five entities and character references, once, and nothing that a document defines for itself. */
const entityDecoder: EntityDecoderOptions = {
  decode: (text) =>
    text.replace(ENTITY, (whole, hex?: string, decimal?: string, name?: string) => {
      if (name) return NAMED[name] ?? whole;
      const code = hex ? parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
    }),
  addInputEntities: () => {
    throw new Error('DOCTYPE refused');
  },
  setExternalEntities: () => undefined,
  setXmlVersion: () => undefined,
  reset: () => undefined,
};

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 50,
  jPath: false,
  entityDecoder,
});

// A buyer's answer is a few hundred characters; one with 50,000 attributes would hold up the node for half a second.
const MAX_LENGTH = 250_000;

/**
 * A document as an object: values stay text, attributes start with @, an element with both has its text as `#text`,
 * `xsi:nil` makes null, prefixes of names are dropped. Undefined when it is not well-formed, has a DOCTYPE or is too long.
 */
export function parseXml(text: string): Record<string, unknown> | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return tidy(parser.parse(text, true) as Record<string, unknown>) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (value === null || typeof value !== 'object') return value;
  const element: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    if (/^@(?:xmlns(?::|$)|.+:schemaLocation$)/.test(name)) continue;
    if (/^@[^:]+:nil$/.test(name)) {
      if (child === 'true' || child === '1') return null;
      continue;
    }
    add(element, name.startsWith('@') ? name : name.slice(name.indexOf(':') + 1), tidy(child));
  }
  const names = Object.keys(element);
  if (names.length === 1 && names[0] === '#text') return element['#text'];
  return names.length === 0 ? '' : element;
}

/** Two prefixes can share a name; then it is a list, as if it were repeated. */
function add(element: Record<string, unknown>, name: string, child: unknown): void {
  if (isForbiddenName(name)) return;
  const before = element[name];
  element[name] = before === undefined ? child : [before, child].flat();
}
