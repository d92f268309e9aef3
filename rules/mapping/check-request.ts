import { bodyKinds, type RequestMapping } from '../../schema/mapping.ts';
import { checkExpression } from './check-expression.ts';
import { checkNames, quote, rootsOf } from './check-path.ts';
import type { Known, Report } from './check-report.ts';
import { checkTable } from './check-table.ts';
import { checkTemplate } from './check-template.ts';
import { checkUrl } from './check-url.ts';
import { walk } from './expression-tree.ts';
import { isXmlName } from './xml-body.ts';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// The HTTP client writes these itself; set by a mapping they would let one request pass for two.
const OWN_HEADERS = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade', 'te']);

export function checkRequest(request: RequestMapping, known: Known, report: Report): void {
  const [body] = bodyKinds(request);
  if (request.method === 'GET' && body) report(`request.${body}`, 'body_with_get', 'A GET has no body; use query');
  checkUrl(request.url, 'request.url', known, report);
  if (request.testUrl !== undefined) checkUrl(request.testUrl, 'request.testUrl', known, report);
  checkHeaders(request.headers ?? {}, known, report);
  checkBody(request, known, report);
}

function checkHeaders(headers: Record<string, string>, known: Known, report: Report): void {
  const seen = new Set<string>();
  for (const [name, template] of Object.entries(headers)) {
    const at = `request.headers.${name}`;
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) report(at, 'bad_header', `${quote(name)} is not a header name`);
    else if (OWN_HEADERS.has(lower)) report(at, 'bad_header', `${name} is set by the HTTP client`);
    else if (seen.has(lower)) report(at, 'bad_header', `${name} is there twice`);
    seen.add(lower);
    checkTemplate(template, at, known, report);
  }
}

function checkBody(request: RequestMapping, known: Known, report: Report): void {
  const { query, json, jsonata, form, xml, csv, text } = request;
  if (query) checkTable(query, 'request.query', 'flat', known, report);
  if (json) checkTable(json, 'request.json', 'json', known, report);
  if (jsonata !== undefined) checkJsonata(jsonata, known, report);
  if (typeof form === 'string') checkTemplate(form, 'request.form', known, report);
  else if (form) checkTable(form, 'request.form', 'flat', known, report);
  if (typeof xml === 'string') checkTemplate(xml, 'request.xml', known, report);
  else if (xml) {
    if (!isXmlName(xml.root) || xml.root.startsWith('@')) {
      report('request.xml.root', 'bad_field', `${quote(xml.root)} is not the name of an XML element`);
    }
    checkTable(xml.fields, 'request.xml.fields', 'xml', known, report);
  }
  if (csv) checkTable(csv.columns, 'request.csv.columns', 'flat', known, report);
  if (text !== undefined) checkTemplate(text, 'request.text', known, report);
}

function checkJsonata(source: string, known: Known, report: Report): void {
  const tree = checkExpression(source, 'request.jsonata', report, { roots: rootsOf(known) });
  if (!tree) return;
  walk(tree, ({ steps }) => {
    const at = steps?.findIndex(({ type, value }) => type === 'name' && value === 'secrets') ?? -1;
    const name = at < 0 ? undefined : steps?.[at + 1];
    if (name?.type !== 'name') return;
    checkNames(['secrets', String(name.value)], 'request.jsonata', known, report);
  });
}
