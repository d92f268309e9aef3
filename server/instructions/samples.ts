import { jsonLiteral, phpLiteral, pythonLiteral, shellLiteral, type Plain } from './literals.ts';

/** Stands in the samples where a seller's own key belongs. */
export const KEY_PLACEHOLDER = 'YOUR_API_KEY';
/** Stands in a sample of the shell where the answer to the ping belongs. */
export const PING_PLACEHOLDER = 'PING_ID';

export const SAMPLE_LANGUAGES = ['curl', 'javascript', 'python', 'php'] as const;
export type SampleLanguage = (typeof SAMPLE_LANGUAGES)[number];

export interface Sample {
  /** `direct`: one request. `ping`, `post`: the first and the second one. `ping-post`: both in one program. */
  kind: 'direct' | 'ping' | 'post' | 'ping-post';
  language: SampleLanguage;
  code: string;
}

type Lead = Readonly<Record<string, string | number | boolean>>;

export interface SampleRequests {
  /** Addresses of the endpoints. */
  lead: string;
  ping: string;
  post: string;
  /** What a ping needs, and a whole lead. */
  pingFields: Lead;
  leadFields: Lead;
}

/** Requests that work as they are, once a key is put in. */
export function samplesOf({ lead, ping, post, pingFields, leadFields }: SampleRequests): Sample[] {
  const whole = { ...pingFields, ...leadFields };
  const programs = { javascript, python, php };
  const single = Object.entries(programs).map(([language, program]): Sample => ({
    kind: 'direct',
    language: language as SampleLanguage,
    code: program([{ url: lead, body: whole }]),
  }));
  const double = Object.entries(programs).map(([language, program]): Sample => ({
    kind: 'ping-post',
    language: language as SampleLanguage,
    code: program([
      { url: ping, body: pingFields },
      { url: post, body: whole },
    ]),
  }));
  const curls: [Sample['kind'], string, Plain][] = [
    ['direct', lead, whole],
    ['ping', ping, pingFields],
    ['post', post, { ping_id: PING_PLACEHOLDER, ...whole }],
  ];
  return [
    ...curls.map(([kind, url, body]): Sample => ({ kind, language: 'curl', code: curl(url, body) })),
    ...single,
    ...double,
  ];
}

interface Step {
  url: string;
  body: Lead;
}

function curl(url: string, body: Plain): string {
  return [
    `curl -sS -X POST ${shellLiteral(url)} \\`,
    `  -H 'x-api-key: ${KEY_PLACEHOLDER}' \\`,
    `  -H 'content-type: application/json' \\`,
    `  -H "idempotency-key: $(date +%s)-$$" \\`,
    `  -d ${shellLiteral(jsonLiteral(body, '  '))}`,
  ].join('\n');
}

function javascript([first, second]: [Step, Step?]): string {
  const body = jsonLiteral(first.body, '');
  return `// Node.js 18 or later; save as post.mjs and run: node post.mjs
const KEY = '${KEY_PLACEHOLDER}';

async function send(url, fields) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'x-api-key': KEY,
      'content-type': 'application/json',
      // One for each lead. When no answer comes, send the same again.
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify(fields),
  });
  return await response.json();
}

${
  second
    ? `const ping = await send(${JSON.stringify(first.url)}, ${body});
console.log(JSON.stringify(ping));

if (ping.outcome === 'bid') {
  const answer = await send(${JSON.stringify(second.url)}, ${jsonLiteral(second.body, '  ').replace('{', '{\n    "ping_id": ping.ping_id,')});
  console.log(JSON.stringify(answer));
}`
    : `const answer = await send(${JSON.stringify(first.url)}, ${body});
console.log(JSON.stringify(answer));`
}
`;
}

function python([first, second]: [Step, Step?]): string {
  const body = pythonLiteral(first.body, '');
  return `# Python 3, nothing to install; save as post.py and run: python3 post.py
import json
import urllib.error
import urllib.request
import uuid

KEY = "${KEY_PLACEHOLDER}"


def send(url, fields):
    request = urllib.request.Request(
        url,
        data=json.dumps(fields).encode(),
        headers={
            "x-api-key": KEY,
            "content-type": "application/json",
            # One for each lead. When no answer comes, send the same again.
            "idempotency-key": str(uuid.uuid4()),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)


${
  second
    ? `ping = send(${JSON.stringify(first.url)}, ${body})
print(json.dumps(ping))

if ping.get("outcome") == "bid":
    answer = send(${JSON.stringify(second.url)}, ${pythonLiteral(second.body, '    ').replace('{', '{\n        "ping_id": ping["ping_id"],')})
    print(json.dumps(answer))`
    : `answer = send(${JSON.stringify(first.url)}, ${body})
print(json.dumps(answer))`
}
`;
}

function php([first, second]: [Step, Step?]): string {
  const body = phpLiteral(first.body, '');
  return `<?php
// PHP 7.4 or later with its curl extension; save as post.php and run: php post.php
const KEY = '${KEY_PLACEHOLDER}';

function send(string $url, array $fields): array
{
    $request = curl_init($url);
    curl_setopt_array($request, [
        CURLOPT_POST => true,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
        CURLOPT_HTTPHEADER => [
            'x-api-key: ' . KEY,
            'content-type: application/json',
            // One for each lead. When no answer comes, send the same again.
            'idempotency-key: ' . bin2hex(random_bytes(16)),
        ],
        CURLOPT_POSTFIELDS => json_encode($fields),
    ]);
    $answer = curl_exec($request);
    if ($answer === false) {
        throw new RuntimeException(curl_error($request));
    }
    return json_decode($answer, true);
}

${
  second
    ? `$ping = send(${phpLiteral(first.url, '')}, ${body});
echo json_encode($ping), PHP_EOL;

if (($ping['outcome'] ?? '') === 'bid') {
    $answer = send(${phpLiteral(second.url, '')}, ${phpLiteral(second.body, '    ').replace('[', "[\n        'ping_id' => $ping['ping_id'],")});
    echo json_encode($answer), PHP_EOL;
}`
    : `$answer = send(${phpLiteral(first.url, '')}, ${body});
echo json_encode($answer), PHP_EOL;`
}
`;
}
