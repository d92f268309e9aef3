import type { RequestMapping } from '../../schema/mapping.ts';
import { compileShape } from './body-shape.ts';
import type { MappingContext } from './context.ts';
import { escapeHeader } from './escape.ts';
import { compileExpression } from './expression.ts';
import { compileCsv } from './csv-body.ts';
import { MappingError } from './mapping-error.ts';
import { toPlain } from './plain.ts';
import { compileTable } from './table.ts';
import { compileTemplate } from './template.ts';
import { compileUrl, encodePairs } from './url.ts';
import { writeXml } from './xml-body.ts';

export interface RenderedRequest {
  method: string;
  url: string;
  /** Names in lower case */
  headers: Record<string, string>;
  body?: string;
  timeoutMs?: number;
}

type RenderBody = (context: MappingContext) => string | Promise<string>;

/** Compiles a request mapping that was checked before. What fails while rendering is a MappingError. */
export function compileRequest(request: RequestMapping): (context: MappingContext) => Promise<RenderedRequest> {
  const query = compileTable(request.query ?? {});
  const url = compileUrl(request.url, query, 'request.url');
  const testUrl = request.testUrl === undefined ? url : compileUrl(request.testUrl, query, 'request.testUrl');
  const body = compileBody(request);
  const headers = compileHeaders(request, body?.contentType);
  const { method = 'POST', timeoutMs } = request;
  const render = async (context: MappingContext): Promise<RenderedRequest> => {
    const rendered: RenderedRequest = {
      method,
      url: (context.sandbox ? testUrl : url)(context),
      headers: headers(context),
    };
    if (timeoutMs !== undefined) rendered.timeoutMs = timeoutMs;
    if (body) {
      const content = body.render(context);
      rendered.body = typeof content === 'string' ? content : await content;
    }
    return rendered;
  };
  return async (context) => {
    try {
      return await render(context);
    } catch (error) {
      throw error instanceof MappingError ? error : new MappingError('request', 'render_failed');
    }
  };
}

function compileHeaders(request: RequestMapping, contentType: string | undefined) {
  const templates = Object.entries(request.headers ?? {}).map(([name, template]) => ({
    name: name.toLowerCase(),
    render: compileTemplate(template, 'header'),
  }));
  const type = request.contentType ?? contentType;
  return (context: MappingContext): Record<string, string> => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': escapeHeader(type) };
    for (const { name, render } of templates) {
      const value = escapeHeader(render(context)).trim();
      if (value !== '') headers[name] = value;
    }
    return headers;
  };
}

function compileBody(request: RequestMapping): { contentType: string; render: RenderBody } | undefined {
  const { json, jsonata, form, xml, csv, text } = request;
  if (json) {
    const shape = compileShape(compileTable(json));
    return { contentType: 'application/json', render: (context) => JSON.stringify(shape(context)) };
  }
  if (jsonata !== undefined) return { contentType: 'application/json', render: compileJsonata(jsonata) };
  if (form !== undefined) return { contentType: 'application/x-www-form-urlencoded', render: compileForm(form) };
  if (xml !== undefined) return { contentType: 'application/xml; charset=utf-8', render: compileXml(xml) };
  if (csv !== undefined) return { contentType: 'text/csv; charset=utf-8', render: compileCsv(csv) };
  if (text !== undefined) {
    return { contentType: 'text/plain; charset=utf-8', render: compileTemplate(text, 'text') };
  }
  return undefined;
}

function compileForm(form: NonNullable<RequestMapping['form']>): RenderBody {
  if (typeof form === 'string') return compileTemplate(form, 'form');
  const rows = compileTable(form);
  return (context) => encodePairs(rows, context);
}

function compileXml(xml: NonNullable<RequestMapping['xml']>): RenderBody {
  if (typeof xml === 'string') return compileTemplate(xml, 'xml');
  const shape = compileShape(compileTable(xml.fields));
  return (context) => writeXml(xml.root, shape(context));
}

function compileJsonata(source: string): RenderBody {
  const expression = compileExpression(source);
  return async (context) => {
    try {
      const value = toPlain(await expression.evaluate(context));
      if (value !== null && typeof value === 'object') return JSON.stringify(value);
    } catch (error) {
      throw new MappingError('request.jsonata', failureCode(error));
    }
    throw new MappingError('request.jsonata', 'not_an_object');
  };
}

/** JSONata's own code; its message would quote the lead's values. */
function failureCode(error: unknown): string {
  const code = error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z]\d{4}$/.test(code) ? code : 'expression_failed';
}
