import type { Issue } from '../../errors/leadwire-error.ts';
import { checkConfig, isSecret } from '../../rules/connector/config.ts';
import { formValues } from '../../rules/connector/form.ts';
import type { ConfigProperty, ConfigSchema } from '../../schema/connector.ts';
import { html, type Html } from '../html/html.ts';

/** What somebody filled into a connector's form. */
export interface FilledForm {
  /** As it was sent, by property. */
  sent: Readonly<Record<string, unknown>>;
  values: Record<string, unknown>;
  issues: Issue[];
}

/** Undefined when nothing was filled in. */
export function readForm(config: ConfigSchema, sent: Readonly<Record<string, unknown>>): FilledForm | undefined {
  if (sent['filled'] === undefined) return undefined;
  const values = formValues(config, sent);
  return { sent, values, issues: checkConfig(config, values) };
}

/** A form of everything that is no credential; it is answered with the same page, and the values in the campaign file. */
export function configForm(id: string, config: ConfigSchema, filled: FilledForm | undefined): Html | false {
  const fields = Object.entries(config.properties).filter(([, property]) => !isSecret(property));
  if (fields.length === 0) return false;
  return html`<form class="config" method="get" action="/docs/connectors/${encodeURIComponent(id)}#use">
    ${fields.map(([name, property]) => {
      const [issue] = filled?.issues.filter(({ path }) => path === `config.${name}`) ?? [];
      const isRequired = config.required?.includes(name) ?? false;
      return html`<label for="config-${name}">${property.title ?? name}${isRequired && ' *'}</label>
        ${input(name, property, textOf(filled?.sent[name] ?? property.default))}
        ${issue && html`<p class="warning">${issue.message}</p>`}`;
    })}
    <input type="hidden" name="filled" value="yes" />
    <button type="submit">Show it in the campaign file</button>
  </form>`;
}

function input(name: string, property: ConfigProperty, value: string): Html {
  const id = `config-${name}`;
  const choices = property.type === 'boolean' ? ['true', 'false'] : 'enum' in property ? property.enum : undefined;
  if (choices) {
    return html`<select id="${id}" name="${name}">
      <option value=""></option>
      ${choices
        .map(String)
        .map((one) =>
          one === value
            ? html`<option value="${one}" selected>${one}</option>`
            : html`<option value="${one}">${one}</option>`,
        )}
    </select>`;
  }
  if (property.type === 'array' || property.type === 'object') {
    const hint = property.type === 'array' ? 'One a line' : 'name=value, one a line';
    return html`<textarea id="${id}" name="${name}" rows="3" placeholder="${hint}">${value}</textarea>`;
  }
  const examples = 'examples' in property ? (property.examples ?? []) : [];
  const hint = examples.length > 0 ? `Such as ${String(examples[0])}` : '';
  return html`<input id="${id}" name="${name}" value="${value}" placeholder="${hint}" />`;
}

/** As it stands in the form: what was sent, or a default of the schema. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(String).join('\n');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, one]) => `${name}=${String(one)}`)
      .join('\n');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
