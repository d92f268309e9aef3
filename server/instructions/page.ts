import { type Html, html } from '../html/html.ts';
import { htmlPage } from '../html/page.ts';
import { answersSection, errorsSection, limitsSections, postbacksSection } from './answer-sections.ts';
import { campaignSection } from './campaign-section.ts';
import type { FieldGuide } from './fields.ts';
import type { Guide } from './guide.ts';
import { table } from '../html/table.ts';
import { KEY_PLACEHOLDER } from './samples.ts';
import { STYLE } from './style.ts';

/** Posting instructions as one page that needs nothing else: no script, no font, no picture, no login. */
export function instructionsPage(guide: Guide): string {
  const { source, seller, campaigns, revision } = guide;
  return htmlPage({
    title: `Posting instructions for ${source.name}`,
    style: STYLE,
    unlisted: true,
    body: html`<header>
        <p class="quiet">Posting instructions</p>
        <h1>${source.name}</h1>
        <p>
          ${seller} · source <code>${source.id}</code> · version ${revision}. This page is made from the live
          configuration: look here again when something is refused that used to pass.
        </p>
        ${source.paused && html`<p class="warning">This source is paused: its leads are refused with <code>source_inactive</code>.</p>`}
      </header>
      <nav aria-label="Contents">
        <ol>
          <li><a href="#start">Start here</a></li>
          ${campaigns.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}
          <li><a href="#tracking">Tracking fields</a></li>
          <li><a href="#answers">Answers</a></li>
          <li><a href="#errors">Errors</a></li>
          <li><a href="#twice">Sending twice</a></li>
          <li><a href="#limits">Limits</a></li>
          <li><a href="#postbacks">Status postbacks</a></li>
        </ol>
      </nav>
      <main>
        ${startSection(guide)}
        ${campaigns.length === 0 && html`<p class="warning">This source may not post to any campaign yet.</p>`}
        ${campaigns.map((campaign) => campaignSection(campaign))} ${trackingSection(guide)} ${answersSection(guide)}
        ${errorsSection(guide)} ${limitsSections(guide)} ${postbacksSection(guide)}
      </main>`,
  });
}

function startSection({ campaigns, publicUrl }: Guide): Html {
  const cid = campaigns[0]?.id;
  return html`<section>
    <h2 id="start">Start here</h2>
    <ol>
      <li>
        Ask for a <strong>test key</strong>. Keys look like <code>lw_test_…</code> and <code>lw_live_…</code>; each
        request carries one in the header <code>x-api-key</code> (or as <code>Authorization: Bearer …</code>). Keep it
        on your server: never in a page or an app.
      </li>
      <li>
        Copy a sample${cid && html` of <a href="#${cid}">your campaign</a>`}, put your key in for
        <code>${KEY_PLACEHOLDER}</code> and run it.
      </li>
      <li>Map your own fields: the table of fields says what is required, and what is taken.</li>
      <li>Go live: the same requests with a <strong>live key</strong>.</li>
    </ol>
    <h3>Test mode</h3>
    <p>
      A test key runs the whole flow against the buyers' test systems. Nobody real gets the lead, nobody pays for it,
      and it counts in no cap, no duplicate check and no report. Every answer to it says <code>"sandbox": true</code>.
      Addresses and fields are the same. Buyers without a test system are left out, so test prices and outcomes can
      differ from live ones.
    </p>
    <p>
      Requests are <code>POST</code> with <code>application/json</code> (or
      <code>application/x-www-form-urlencoded</code>) in UTF-8, at most 1&nbsp;MB. Answers are JSON. Everything else the
      API can do: <a href="${publicUrl}/docs/api">${publicUrl}/docs/api</a>.
    </p>
  </section>`;
}

function trackingSection({ trackingFields, endpoints }: Guide): Html {
  const click = endpoints.find(({ path }) => path === '/click/{cid}');
  return html`<section>
    <h2 id="tracking">Tracking fields</h2>
    <p>
      Every lead may carry these beside its campaign's own fields. <code>pid</code> names the source; leave it out when
      your key is of one source only.
      ${click && html`A visitor's link to <code>${click.url}</code> records the visit and hands out a <code>transaction_id</code>; a lead posted with that <code>transaction_id</code> takes over its tracking fields.`}
    </p>
    ${table(
      ['Field', 'Type', 'What it takes'],
      alike(trackingFields).map(([{ type, takes, limits, values }, names]) => [
        html`<span class="values">${names.map((name) => html`<code>${name}</code> `)}</span>`,
        type,
        html`${takes}. ${limits.map((limit) => html`${limit}. `)}
        ${values && html`<span class="values">${values.map((value) => html`<code>${value}</code> `)}</span>`}`,
      ]),
    )}
    <p><code>min_price</code> is the least you sell this lead for. Amounts are dollars.</p>
  </section>`;
}

/** Fields that take the same, each kind once with the names of all. */
function alike(fields: readonly FieldGuide[]): [FieldGuide, string[]][] {
  const kinds = new Map<string, [FieldGuide, string[]]>();
  for (const field of fields) {
    const key = JSON.stringify([field.takes, field.limits, field.values]);
    const known = kinds.get(key);
    if (known) known[1].push(field.name);
    else kinds.set(key, [field, [field.name]]);
  }
  return [...kinds.values()];
}
