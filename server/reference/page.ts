import { ERRORS, type ErrorCode } from '../../errors/registry.ts';
import type { ApiDocument, DocumentedAnswer, DocumentedOperation, Parameter } from '../api/openapi.ts';
import type { JsonSchema } from '../api/operation.ts';
import { type Content, type Html, html } from '../html/html.ts';
import { htmlPage } from '../html/page.ts';
import { table } from '../html/table.ts';
import { membersOf, typeOf } from './schema.ts';
import { STYLE } from './style.ts';

interface Entry {
  method: string;
  path: string;
  operation: DocumentedOperation;
}

/** The reference as one page, made from the OpenAPI document and nothing else. */
export function referencePage(document: ApiDocument): string {
  const { title, version, summary, description } = document.info as Record<string, string>;
  const groups = document.tags.map(({ name }) => ({ name, entries: entriesOf(document, name) }));
  return htmlPage({
    title: `${title} API`,
    style: STYLE,
    body: html`<div class="page">
      <nav aria-label="Contents">${groups.map(contents)} ${contentsEnd}</nav>
      <main>
        <h1>${title} API</h1>
        <p class="quiet">Version ${version} · <a href="/openapi.json">OpenAPI 3.1 document</a></p>
        <p>${summary}.</p>
        <p>${prose(description ?? '')}</p>
        <p>Base address: <code>${document.servers[0]?.url}</code></p>
        ${accessSection(document)} ${groups.map((group) => section(document, group))} ${errorSection(document)}
      </main>
    </div>`,
  });
}

function entriesOf({ paths }: ApiDocument, tag: string): Entry[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => ({ method, path, operation })),
  );
}

const contentsEnd = html`<ul>
  <li><a href="#access">Access</a></li>
  <li><a href="#errors">Errors</a></li>
</ul>`;

function contents({ name, entries }: { name: string; entries: Entry[] }): Html {
  return html`<strong>${name}</strong>
    <ul>
      ${entries.map(({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`)}
    </ul>`;
}

function accessSection({ components }: ApiDocument): Html {
  const schemes = Object.entries(components.securitySchemes).map(([name, scheme]) => [
    html`<code>${name}</code>`,
    html`<code>${wordsOf(scheme)}</code>`,
    prose(String(scheme['description'] ?? '')),
  ]);
  return html`<h2 id="access">Access</h2>
    <p>An operation that takes keys takes them in any of these ways.</p>
    ${table(['Scheme', 'Sent as', ''], schemes)}`;
}

function wordsOf({ type, name, scheme }: JsonSchema): string {
  if (type === 'apiKey') return `${String(name)}: …`;
  return scheme === 'bearer' ? 'Authorization: Bearer …' : 'POST /oauth/token, then Authorization: Bearer …';
}

function section(document: ApiDocument, { name, entries }: { name: string; entries: Entry[] }): Html {
  return html`<h2>${name}</h2>
    ${entries.map((entry) => operationSection(document, entry))}`;
}

function operationSection(document: ApiDocument, { method, path, operation }: Entry): Html {
  const { operationId, summary, description = '', parameters = [], requestBody, responses } = operation;
  return html`<article>
    <h3 id="${operationId}">${summary}</h3>
    <p class="address">
      <code><b>${method}</b> ${path}</code>
    </p>
    ${description
      .split('\n\n')
      .filter((text) => text !== '')
      .map((text) => html`<p>${prose(text)}</p>`)}
    ${
      parameters.length > 0 &&
      html`<h4>Parameters</h4>
        ${table(
          ['Name', 'In', 'Type', 'Required', ''],
          parameters.map((one) => parameterRow(document, one)),
        )}`
    }
    ${requestBody && bodySection(document, requestBody)} ${answersSection(document, responses)}
  </article>`;
}

function parameterRow(document: ApiDocument, { name, in: where, required, schema, description }: Parameter) {
  const fallback = schema['default'] === undefined ? '' : ` Default ${JSON.stringify(schema['default'])}.`;
  const type = html`<code>${typeOf(document, { description, ...schema })}</code>`;
  return [html`<code>${name}</code>`, where, type, required ? 'yes' : '', prose(`${description ?? ''}${fallback}`)];
}

function bodySection(document: ApiDocument, body: NonNullable<DocumentedOperation['requestBody']>): Html {
  const types = Object.keys(body.content);
  return html`<h4>Body</h4>
    <p>
      ${prose(body.description ?? '')} ${types.map((type, index) => html`${index > 0 && ' or '}<code>${type}</code>`)}
    </p>
    ${memberTable(document, Object.values(body.content)[0]?.schema ?? {}, 'Required')}`;
}

function answersSection(document: ApiDocument, responses: Record<string, DocumentedAnswer>): Html {
  const statuses = Object.entries(responses);
  const bodies = statuses.filter(([status]) => Number(status) < 400);
  return html`<h4>Answers</h4>
    ${table(
      ['Status', 'Meaning'],
      statuses.map(([status, answer]) => [html`<code>${status}</code>`, meaning(answer)]),
    )}
    ${bodies.map(([status, { content = {} }]) =>
      Object.entries(content).map(([type, { schema }]) => {
        const members = memberTable(document, schema, 'Always');
        return (
          members &&
          html`<h4>Body of ${status} <span class="quiet">${type}</span></h4>
            ${members}`
        );
      }),
    )}`;
}

/** Codes lead to the list of errors; what else an answer means is said in words. */
function meaning({ description, content = {} }: DocumentedAnswer): Content {
  const codes = Object.keys(Object.values(content)[0]?.examples ?? {});
  if (codes.length === 0) return prose(description);
  const words = description.split(' · ').filter((part) => !part.startsWith('`'));
  return [prose(words.join(' · ')), codes.map((code) => html` · <a href="#error-${code}"><code>${code}</code></a>`)];
}

function memberTable(document: ApiDocument, schema: JsonSchema, always: 'Required' | 'Always'): Html | undefined {
  const members = membersOf(document, schema);
  if (members.length === 0) return undefined;
  const rows = members.map(({ path, type, required, description }) => [
    html`<code>${path}</code>`,
    html`<code>${type}</code>`,
    required ? 'yes' : '',
    prose(description),
  ]);
  return table(['Member', 'Type', always, ''], rows);
}

function errorSection({ components }: ApiDocument): Html {
  const rows = (Object.keys(components.examples) as ErrorCode[]).map((code) => {
    const { status, retryable, message } = ERRORS[code];
    return [html`<code id="error-${code}">${code}</code>`, String(status), retryable ? 'yes' : '', message];
  });
  return html`<h2 id="errors">Errors</h2>
    <p>
      Every error is an object of <code>status</code>, <code>type</code> (<code>"error"</code>), <code>code</code>,
      <code>message</code> and, where it helps, what exactly is wrong. Go by <code>code</code>. Where trying again can
      help, <code>retry-after</code> says in how many seconds.
    </p>
    ${table(['Code', 'Status', 'Try again', ''], rows)}`;
}

/** What stands between backticks is code. */
function prose(text: string): Content {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
