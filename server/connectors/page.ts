import type { Fixture } from '../../sdk/fixture.ts';
import { isSecret } from '../../rules/connector/config.ts';
import type { Authentication } from '../../schema/authentication.ts';
import { CONNECTOR_OPERATIONS, type ConfigProperty, type Connector } from '../../schema/connector.ts';
import { type Content, type Html, html } from '../html/html.ts';
import { htmlPage } from '../html/page.ts';
import { table } from '../html/table.ts';
import type { Listed } from './directory.ts';
import { sampleName, type ConnectorDetails } from './entry.ts';
import { configForm, type FilledForm } from './config-form.ts';
import { STYLE } from './style.ts';
import { isTemplate, usageOf } from './usage.ts';

/** A connector as one page, made from its manifest and its exemplary fixtures, with what was filled into its form. */
export function connectorPage(listed: Listed, details: ConnectorDetails, filled?: FilledForm): string {
  const { manifest, fixtures } = details;
  const { title, description, category, block } = listed;
  return htmlPage({
    title: `${title} · Connectors`,
    style: STYLE,
    body: html`<header>
        <p class="quiet"><a href="/docs/connectors">Connectors</a> · ${category}</p>
        <h1>${title}</h1>
        <p>${description}</p>
        ${
          block &&
          html`<p class="warning">
            This connector is blocked: ${block.reason}. It cannot be installed, and integrations on it do not run.
          </p>`
        }
      </header>
      <nav aria-label="Contents">
        <ol>
          <li><a href="#about">About</a></li>
          <li><a href="#use">Using it</a></li>
          <li><a href="#config">Configuration</a></li>
          ${operationsOf(manifest).map((name) => html`<li><a href="#${name}">${name}</a></li>`)}
        </ol>
      </nav>
      <main>
        ${aboutSection(listed, manifest)} ${useSection(listed, details, filled)}
        ${configSection(listed.id, manifest, filled)}
        ${operationsOf(manifest).map((name) => {
          const samples = fixtures.filter(({ fixture }) => fixture.operation === name);
          return operationSection(name, manifest.operations[name]?.description, samples);
        })}
      </main>`,
  });
}

function operationsOf({ operations }: Connector) {
  return CONNECTOR_OPERATIONS.filter((name) => operations[name] !== undefined);
}

function aboutSection(listed: Listed, manifest: Connector): Html {
  const { package: name, version, integrity, provenance, homepage, maintainer, hosts, keywords, updatedAt } = listed;
  const facts: [string, Content][] = [
    ['Package', provenance.kind === 'built in' ? 'Comes with Leadwire' : html`<code>${name}</code>`],
    ['Version', html`<code>${version}</code>${updatedAt !== undefined && `, ${updatedAt.slice(0, 10)}`}`],
    ['Integrity', integrity !== undefined && html`<code>${integrity}</code>`],
    ['Provenance', provenance.kind !== 'built in' && provenanceWords(provenance)],
    ['Maintainer', maintainer],
    [
      'Documentation',
      homepage !== undefined && html`<a href="${homepage}" rel="noopener noreferrer nofollow">${homepage}</a>`,
    ],
    ['Calls', hosts.map((host, at) => html`${at > 0 && ', '}${hostWords(host)}`)],
    ['Authentication', authenticationWords(manifest.authentication)],
    ['Sends twice safely', manifest.idempotent === true && 'The service takes the same Idempotency-Key as one lead'],
    ['Runs code', listed.code && 'Yes: only where an operator allows this package'],
    ['Conformance', conformanceWords(listed)],
    ['Keywords', keywords.filter((word) => word !== 'leadwire-connector').join(', ')],
  ];
  return html`<section>
    <h2 id="about">About</h2>
    <dl class="facts">
      ${facts
        .filter(([, content]) => content !== undefined && content !== false && content !== '')
        .map(
          ([term, content]) =>
            html`<dt>${term}</dt>
              <dd>${content}</dd>`,
        )}
    </dl>
  </section>`;
}

function provenanceWords({ kind, predicate, url }: Listed['provenance']): Content {
  if (kind === 'none') return 'None';
  const what = kind === 'attested' ? 'The registry has a statement of where it was built' : 'Signed by its registry';
  return html`${what}${predicate !== undefined && html`: <code>${predicate}</code>`}
  ${url !== undefined && html` (<a href="${url}" rel="noopener noreferrer nofollow">statement</a>)`}`;
}

/** `{{config.url}}` is an address that the operator fills in. */
function hostWords(host: string): Html {
  const [, name] = /^\{\{\s*config\.(\w+)\s*\}\}$/.exec(host) ?? [];
  return name === undefined ? html`<code>${host}</code>` : html`the host in <code>config.${name}</code>`;
}

function authenticationWords(authentication: Authentication = { kind: 'none' }): Content {
  switch (authentication.kind) {
    case 'none':
      return 'None';
    case 'custom':
      return 'Credentials stand in the request itself';
    case 'api_key':
      return html`API key in the ${authentication.in === 'header' ? 'header' : 'query parameter'}
        <code>${authentication.name}</code>`;
    case 'basic':
      return 'Basic: user and password';
    case 'bearer':
      return 'Bearer token';
    case 'hmac':
      return html`HMAC of the request in the header <code>${authentication.header}</code>`;
    case 'oauth2_client_credentials':
      return html`OAuth 2.0, client credentials: <code>${authentication.tokenUrl}</code>`;
    case 'oauth2_refresh_token':
      return html`OAuth 2.0, refresh token: <code>${authentication.tokenUrl}</code>`;
  }
}

function conformanceWords({ conformance, provenance }: Listed): string {
  if (!conformance) return provenance.kind === 'built in' ? 'Part of the tests of every release' : 'Not known';
  const { errors, warnings, suggestions } = conformance;
  const counts = [
    [errors, 'error'],
    [warnings, 'warning'],
    [suggestions, 'suggestion'],
  ] as const;
  const found = counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`);
  return `${errors === 0 ? 'Passes' : 'Does not pass'}${found.length > 0 ? `: ${found.join(', ')}` : ''}`;
}

function useSection(listed: Listed, details: ConnectorDetails, filled: FilledForm | undefined): Html {
  const usage = usageOf(listed, details, filled?.values);
  if (!usage) {
    return html`<section>
      <h2 id="use">Using it</h2>
      <p>
        It is the template of a <strong>postback</strong>: an endpoint of an event names it as
        <code>template: ${listed.id.replaceAll('-', '_')}</code>; an integration with <code>when: on_event</code> may
        run on it too.
      </p>
    </section>`;
  }
  const { install, campaignFile, secrets } = usage;
  return html`<section>
    <h2 id="use">Using it</h2>
    ${
      install.length > 0 &&
      html`<h3>Install</h3>
        <pre><code>${install.join('\n')}</code></pre>`
    }
    <h3>In the campaign file</h3>
    ${
      filled !== undefined &&
      filled.issues.length > 0 &&
      html`<p class="warning">
        It would be refused: ${filled.issues.map(({ path, message }) => `${path} ${message}`).join('; ')}.
      </p>`
    }
    <pre><code>${campaignFile}</code></pre>
    ${
      secrets.length > 0 &&
      html`<h3>Credentials</h3>
        <p>They are encrypted, masked wherever they would be shown, and never part of the file.</p>
        <pre><code>${secrets.join('\n')}</code></pre>`
    }
  </section>`;
}

function configSection(id: string, { config, operations }: Connector, filled: FilledForm | undefined): Html {
  const { properties, required = [] } = config;
  const rows = Object.entries(properties).map(([name, property]) => [
    html`<code>${name}</code>`,
    isSecret(property) ? 'credential' : typeWords(property),
    required.includes(name) ? 'yes' : '',
    property.default === undefined ? '' : html`<code>${JSON.stringify(property.default)}</code>`,
    html`${[property.title, property.description].filter(Boolean).join('. ')}${examplesOf(property)}`,
  ]);
  return html`<section>
    <h2 id="config">Configuration</h2>
    ${
      rows.length === 0
        ? html`<p>Nothing to fill in.</p>`
        : table(['Name', 'Type', 'Required', 'Default', 'Meaning'], rows)
    }
    ${!isTemplate(Object.keys(operations)) && configForm(id, config, filled)}
  </section>`;
}

function typeWords(property: ConfigProperty): Content {
  const choices = 'enum' in property ? property.enum : undefined;
  if (choices) return html`<span class="values">${choices.map((one) => html`<code>${String(one)}</code> `)}</span>`;
  if (property.type === 'string') return property.format === 'uri' ? 'address' : (property.format ?? 'text');
  return { number: 'number', integer: 'whole number', boolean: 'yes or no', array: 'list', object: 'names and values' }[
    property.type
  ];
}

function examplesOf(property: ConfigProperty): Content {
  const examples = 'examples' in property ? (property.examples ?? []) : [];
  return (
    examples.length > 0 &&
    html` <span class="quiet">Such as ${examples.map((one) => html`<code>${String(one)}</code> `)}</span>`
  );
}

function operationSection(name: string, description: string | undefined, samples: ConnectorDetails['fixtures']): Html {
  return html`<section>
    <h2 id="${name}">${name}</h2>
    ${description !== undefined && html`<p>${description}</p>`}
    ${samples.length === 0 && html`<p class="quiet">There is no sample.</p>`}
    ${samples.map(({ file, fixture }) => sample(file, fixture))}
  </section>`;
}

function sample(file: string, { description, request, response, result, error }: Fixture): Html {
  return html`<article class="fixture">
    <h4>${titleOf(file)}</h4>
    ${description !== undefined && html`<p>${description}</p>`} ${request && figure('Request', requestText(request))}
    ${response && figure('Answer', answerText(response))}
    ${result && figure('What Leadwire makes of it', written(result))}
    ${error && figure('What Leadwire makes of it', written(error))}
  </article>`;
}

function figure(caption: string, text: string): Html {
  return html`<figure>
    <figcaption>${caption}</figcaption>
    <pre><code>${text}</code></pre>
  </figure>`;
}

/** `exemplary/ping-accepted.json` shows `Ping accepted`. */
function titleOf(file: string): string {
  const words = sampleName(file).replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function requestText({ method, url, headers = {}, body }: NonNullable<Fixture['request']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${url}`, ...lines, ...(body === undefined ? [] : ['', written(body)])].join('\n');
}

function answerText({ status = 200, headers = {}, body }: NonNullable<Fixture['response']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [String(status), ...lines, ...(body === undefined ? [] : ['', written(body)])].join('\n');
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
