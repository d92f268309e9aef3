import { CATEGORIES } from '../../schema/integration.ts';
import { type Html, html } from '../html/html.ts';
import { htmlPage } from '../html/page.ts';
import type { Listed } from './directory.ts';
import type { Wanted } from './search.ts';
import { STYLE } from './style.ts';

export interface ConnectorList {
  wanted: Wanted;
  connectors: readonly Listed[];
  /** How many fit, on this page and others. */
  total: number;
  /** Where the next page starts. */
  next?: number | undefined;
}

/** Every connector to choose from, as one page that needs nothing else: searching is a form without a script. */
export function connectorListPage({ wanted, connectors, total, next }: ConnectorList): string {
  const { q = '', category } = wanted;
  return htmlPage({
    title: 'Connectors',
    style: STYLE,
    body: html`<header>
        <p class="quiet">Leadwire</p>
        <h1>Connectors</h1>
        <p>What leads can be sold, sent and checked with. Each page shows what goes out and how the answer is read.</p>
      </header>
      <main>
        <form class="search" method="get" action="/docs/connectors" role="search">
          <input type="search" name="q" value="${q}" maxlength="200" placeholder="Search" aria-label="Search" />
          <select name="category" aria-label="Category">
            <option value="">All categories</option>
            ${CATEGORIES.map((name) =>
              name === category
                ? html`<option value="${name}" selected>${name}</option>`
                : html`<option value="${name}">${name}</option>`,
            )}
          </select>
          <button type="submit">Search</button>
        </form>
        <p class="quiet">${counted(total)}</p>
        <ul class="connectors">
          ${connectors.map(card)}
        </ul>
        ${next !== undefined && html`<p><a href="${pageAddress(wanted, next)}" rel="next">More connectors</a></p>`}
      </main>`,
  });
}

function card({ id, title, description, category, package: name, version, provenance, block }: Listed): Html {
  return html`<li>
    <h2><a href="/docs/connectors/${encodeURIComponent(id)}">${title}</a></h2>
    <p>${description}</p>
    <p>
      <span class="badge">${category}</span>
      ${
        provenance.kind === 'built in'
          ? html`<span class="badge">built in</span>`
          : html`<code>${name}</code> <span class="quiet">${version}</span>`
      }
      ${block && html`<span class="badge no">blocked</span>`}
    </p>
  </li>`;
}

function counted(total: number): string {
  if (total === 0) return 'No connector fits: leave out a word, or choose all categories.';
  return total === 1 ? '1 connector' : `${total} connectors`;
}

function pageAddress({ q = '', category }: Wanted, cursor: number): string {
  const query = new URLSearchParams({
    ...(q === '' ? {} : { q }),
    ...(category === undefined ? {} : { category }),
    cursor: String(cursor),
  });
  return `/docs/connectors?${query.toString()}`;
}
