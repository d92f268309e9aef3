import { html, type Content, type Html } from '../html/html.ts';
import type { EndpointGuide, Guide } from './guide.ts';
import { table } from '../html/table.ts';
import { list, marked } from './parts.ts';

const FINAL: Record<string, string> = { true: 'yes', false: 'no', undefined: '' };

export function answersSection({ endpoints, outcomes, reasons }: Guide): Html {
  return html`<section>
    <h2 id="answers">Answers</h2>
    <p>
      Every answer has <code>status</code>, the HTTP status, and <code>type</code>, <code>success</code> or
      <code>error</code>. Answers may get further members: ignore those you do not know. <code>price</code> is what you
      get. Send the consumer to <code>redirect_url</code> when there is one.
    </p>
    ${table(
      ['Request', '', 'Answer'],
      endpoints.flatMap(({ method, path, answers }) =>
        answers.map(({ status, description }) => [
          html`<code>${method} ${path}</code>`,
          String(status),
          marked(description),
        ]),
      ),
    )}
    <h3 id="members">Members</h3>
    ${table(
      ['', 'Meaning', 'Answered by'],
      membersOf(endpoints).map(({ name, description, at }) => [
        html`<code>${name}</code>`,
        marked(description),
        places(at, endpoints),
      ]),
    )}
    <h3 id="outcomes"><code>outcome</code></h3>
    ${table(
      ['', 'Final', 'Meaning'],
      outcomes.map(({ outcome, final, meaning }) => [html`<code>${outcome}</code>`, FINAL[String(final)], meaning]),
    )}
    <h3 id="reasons"><code>reason</code></h3>
    ${table(
      ['', 'Meaning'],
      reasons.map(({ reason, meaning }) => [html`<code>${reason}</code>`, meaning]),
    )}
  </section>`;
}

export function errorsSection({ endpoints }: Guide): Html {
  const found = new Map<string, EndpointGuide['errors'][number] & { at: string[] }>();
  for (const endpoint of endpoints) {
    for (const error of endpoint.errors) {
      const known = found.get(error.code) ?? { ...error, at: [] };
      known.at.push(placeOf(endpoint));
      found.set(error.code, known);
    }
  }
  const rows = [...found.values()].sort((a, b) => a.status - b.status || a.code.localeCompare(b.code));
  return html`<section>
    <h2 id="errors">Errors</h2>
    <p>
      Go by <code>code</code>: it is never renamed. Where it says again, the same request can succeed later: wait as
      long as the header <code>retry-after</code> says, in seconds, and send it with the same
      <code>idempotency-key</code>. <code>missingFields</code> and <code>invalidFields</code> name every field that is
      wrong, at once.
    </p>
    ${table(
      ['', 'Code', 'Meaning', 'Again', 'Answered by'],
      rows.map(({ status, code, message, retryable, at }) => [
        String(status),
        html`<code>${code}</code>`,
        message,
        retryable ? 'yes' : 'no',
        places(at, endpoints),
      ]),
    )}
  </section>`;
}

export function limitsSections({ rateLimit }: Guide): Html {
  return html`<section>
      <h2 id="twice">Sending twice</h2>
      <p>
        Send an <code>idempotency-key</code> with each lead: 1 to 255 visible ASCII characters of your choosing, a new
        one for each ping, post and lead. When a connection ends without an answer, send the same bytes with the same
        key again: you get the answer of the first request, and the lead is sold once. Another body under the same key
        is refused (422), and while the first is being answered the second one is told to wait (409).
      </p>
    </section>
    <section>
      <h2 id="limits">Limits</h2>
      <p>
        Each key may make ${rateLimit.perSecond} requests in a second and ${rateLimit.perMinute} in a minute.
        <code>RateLimit-Limit</code>, <code>RateLimit-Remaining</code> and <code>RateLimit-Reset</code> say where you
        stand; beyond the limit the answer is 429 with <code>retry-after</code>.
      </p>
    </section>`;
}

export function postbacksSection({ postbacks: { statuses, macros } }: Guide): Html {
  return html`<section>
    <h2 id="postbacks">Status postbacks</h2>
    <p>
      Give us an address and we call it when a lead is ${list(statuses)}, also days later. We try again for days until
      it answers with 2xx, so the same postback can come twice: its <code>webhook-id</code> is the same. These macros in
      the address stand for values of the lead:
    </p>
    <p class="values">${macros.map((name) => html`<code>{${name}}</code> `)}</p>
    <p>
      For example <code>https://tracker.example/postback?click={sub1}&amp;status={status}&amp;payout={payout}</code>. A
      postback can be signed (Standard Webhooks): ask for a secret.
    </p>
  </section>`;
}

/** What the members of good answers mean, with the endpoints that answer them. */
function membersOf(endpoints: readonly EndpointGuide[]) {
  const found = new Map<string, { name: string; description: string; at: string[] }>();
  for (const endpoint of endpoints) {
    for (const { name, description } of endpoint.members.filter((member) => member.description !== '')) {
      const key = `${name} ${description}`;
      const known = found.get(key) ?? { name, description, at: [] };
      known.at.push(placeOf(endpoint));
      found.set(key, known);
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** `lead` for POST /api/lead/{cid}, `GET lead` for GET /api/lead/{id}. */
function placeOf({ method, path }: EndpointGuide): string {
  const noun = path.split('/').find((part) => part !== '' && part !== 'api') ?? '';
  return method === 'POST' ? noun : `${method} ${noun}`;
}

function places(at: readonly string[], all: readonly EndpointGuide[]): Content {
  return at.length === all.length ? 'all' : at.join(', ');
}
