import { Html, html } from '../html/html.ts';
import type { ExampleAnswer } from './examples.ts';
import type { FieldGuide } from './fields.ts';
import type { CampaignGuide } from './guide.ts';
import { table } from '../html/table.ts';
import { list, marked } from './parts.ts';
import { PING_PLACEHOLDER, type Sample, type SampleLanguage } from './samples.ts';

const LANGUAGES: Record<SampleLanguage, string> = {
  curl: 'curl',
  javascript: 'JavaScript',
  python: 'Python',
  php: 'PHP',
};

/** What there is to know about one campaign: addresses, fields, samples. */
export function campaignSection(campaign: CampaignGuide): Html {
  const { id, name, paused, endpoints, fields, samples, deadlineMs, maxBuyers, dedupe, examples } = campaign;
  return html`<section class="campaign">
    <h2 id="${id}">${name} <code>${id}</code></h2>
    ${paused && html`<p class="warning">This campaign is paused: leads are refused with <code>campaign_paused</code>.</p>`}
    ${table(
      ['', 'Send to', ''],
      endpoints.map(({ method, url, summary }) => [method, html`<code>${url}</code>`, summary]),
    )}
    <p>
      There are two ways to post. <strong>Direct post</strong>: one request with the whole lead.
      <strong>Ping, then post</strong>: first the few fields of a ping, which name nobody; the answer has a price and a
      <code>ping_id</code>, good until <code>expires_at</code>; then the whole lead with that <code>ping_id</code>.
      ${
        campaign.pingAnswer === 'all' &&
        html`A ping is answered with every bid. To choose, post <code>bid_ids</code>, a list of their
          <code>bid_id</code>s, beside the <code>ping_id</code>; without it the best one is meant.`
      }
    </p>
    <ul>
      <li>
        An answer takes up to ${deadlineMs / 1000} seconds: wait that long and a little more. After that it is 202 with
        a <code>status_url</code> to ask again, with the same key.
      </li>
      <li>
        A lead is sold to
        ${maxBuyers === 1 ? 'one buyer' : `up to ${maxBuyers} buyers; the price is what they pay you together`}.
      </li>
      ${
        dedupe &&
        html`<li>
          Two leads with the same ${list(dedupe.fields)} within ${dedupe.withinDays} days are duplicates: the second one
          ends as <code>duplicate</code>. Test leads are not compared.
        </li>`
      }
    </ul>
    <h3 id="${id}-fields">Fields</h3>
    ${fieldTable(fields)}
    <p class="quiet">
      Nobody has bought the lead when it is pinged: leave out what tells who the person is. Fields that are not in these
      tables are ignored and not kept. An empty text and <code>null</code> count as absent.
    </p>
    <h3 id="${id}-direct">Sample: direct post</h3>
    ${tabs(
      `${id}-d`,
      samples.filter(({ kind }) => kind === 'direct'),
    )}
    <h3 id="${id}-ping">Sample: ping, then post</h3>
    <p>
      With curl these are two requests: put the <code>ping_id</code> of the first answer in for
      <code>${PING_PLACEHOLDER}</code>.
    </p>
    ${tabs(
      `${id}-p`,
      samples.filter(({ kind }) => kind !== 'direct'),
    )}
    <h3 id="${id}-examples">Sample answers</h3>
    <div class="answers">${examples.map(exampleAnswer)}</div>
  </section>`;
}

function fieldTable(fields: readonly FieldGuide[]): Html {
  return table(
    ['Field', 'Ping', 'Post', 'Type', 'What it takes', 'Example'],
    fields.map((field) => [
      html`<code>${field.name}</code>${field.label && html`<br /><span class="quiet">${field.label}</span>`}`,
      field.required === 'ping' ? html`<strong>required</strong>` : field.personal ? 'leave out' : 'optional',
      field.required === 'never' ? 'optional' : html`<strong>required</strong>`,
      field.type,
      html`${field.takes}. ${field.limits.map((limit) => html`${marked(limit)}. `)}
      ${field.values && html`<span class="values">${field.values.map((value) => html`<code>${value}</code> `)}</span>`}
      ${field.type !== 'text' && field.type !== 'boolean' && html`<br /><span class="quiet">Kept: ${field.keeps}</span>`}`,
      field.example !== undefined && html`<code>${String(field.example)}</code>`,
    ]),
  );
}

/** One sample of each language, behind tabs that need no script; on paper all of them. */
function tabs(group: string, samples: readonly Sample[]): Html {
  const languages = [...new Set(samples.map(({ language }) => language))];
  return html`<div class="tabs">
    ${languages.map(
      (language, at) =>
        html`<input type="radio" name="${group}" id="${group}-${language}" ${new Html(at === 0 ? ' checked' : '')} />
          <label for="${group}-${language}">${LANGUAGES[language]}</label>
          <div class="pane">
            <p class="paper">${LANGUAGES[language]}</p>
            ${samples
              .filter((sample) => sample.language === language)
              .map(
                ({ kind, code }) =>
                  html`<pre tabindex="0" data-sample="${kind}" data-language="${language}"><code>${code}</code></pre>`,
              )}
          </div> `,
    )}
  </div>`;
}

function exampleAnswer({ title, status, body }: ExampleAnswer): Html {
  return html`<figure>
    <figcaption>${title} <span class="quiet">${status}</span></figcaption>
    <pre tabindex="0"><code>${JSON.stringify(body, null, 2)}</code></pre>
  </figure>`;
}
