import { hostname } from 'node:os';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { LeadwireError, type Issue } from '../errors/leadwire-error.ts';

const KEY_BYTES = 32;
/** Without a version: what may run is decided by who made it. */
const PACKAGE = /^(?:@[a-z0-9][\w.-]*\/)?leadwire-connector-[a-z0-9][a-z0-9-]*$/;

/** One environment variable. */
export interface Option<Value> {
  env: string;
  /** Parses the variable's text; `undefined` when the variable is unset or empty. */
  schema: z.ZodType<Value, string | undefined>;
  /** The default as the documentation words it. */
  default: string;
  description: string;
}

export const option = <Value>(declared: Option<Value>) => declared;

const text = (fallback: string) => z.string().default(fallback);
export const wholeNumber = (fallback: number, min: number, max: number) =>
  z
    .string()
    .default(String(fallback))
    .transform((value) => (/^\d+$/.test(value) ? Number(value) : NaN))
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
const networks = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((list) => list.every(isNetwork), 'must be a list such as 10.0.0.0/8, ::1')
  .transform((list): readonly string[] => Object.freeze(list));
const packages = z
  .string()
  .default('')
  .transform((value) => value.split(',').flatMap((part) => part.trim() || []))
  .refine((list) => list.every((name) => PACKAGE.test(name)), 'must be a list such as leadwire-connector-acme')
  .transform((list): readonly string[] => Object.freeze(list));
const secretKey = z
  .string()
  .optional()
  .transform((value) => (value === undefined ? undefined : Buffer.from(value, 'base64')))
  .refine(
    (key) => key === undefined || key.length === KEY_BYTES,
    `must be ${KEY_BYTES} bytes in base64 (openssl rand -base64 ${KEY_BYTES})`,
  );
const url = (protocols: RegExp, wanted: string) =>
  z
    .string()
    .refine((value) => URL.canParse(value) && protocols.test(value), `must be ${wanted}`)
    .optional();

/** Every option of a node and of the command line, declared once. `docs/environment.md` is generated from this. */
export const OPTIONS = {
  host: option({
    env: 'LEADWIRE_HOST',
    schema: text('127.0.0.1'),
    default: '127.0.0.1',
    description: 'Address the API listens on',
  }),
  port: option({
    env: 'LEADWIRE_PORT',
    schema: wholeNumber(8080, 0, 65_535),
    default: '8080',
    description: 'Port the API listens on',
  }),
  publicUrl: option({
    env: 'LEADWIRE_PUBLIC_URL',
    schema: url(/^https?:/, 'an http or https address'),
    default: 'from host and port',
    description: 'Address under which sellers reach this deployment; status URLs start with it',
  }),
  mongodbUri: option({
    env: 'MONGODB_URI',
    schema: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\/./, 'must start with mongodb:// or mongodb+srv://')
      .optional(),
    default: 'the server that `npm start` runs',
    description: 'MongoDB to use',
  }),
  database: option({
    env: 'LEADWIRE_DATABASE',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,63}$/, 'must be up to 63 letters, digits, _ or -')
      .default('leadwire'),
    default: 'leadwire',
    description: 'Name of the database',
  }),
  temporalAddress: option({
    env: 'TEMPORAL_ADDRESS',
    schema: z
      .string()
      .regex(/^[^\s:/]+:\d+$|^\[[^\s\]]+\]:\d+$/, 'must look like host:7233')
      .optional(),
    default: 'the server that `npm start` runs',
    description: 'Temporal to use',
  }),
  temporalNamespace: option({
    env: 'TEMPORAL_NAMESPACE',
    schema: text('default'),
    default: 'default',
    description: 'Namespace in Temporal',
  }),
  taskQueue: option({
    env: 'LEADWIRE_TASK_QUEUE',
    schema: text('leadwire'),
    default: 'leadwire',
    description: 'Temporal task queue the nodes share',
  }),
  secretKey: option({
    env: 'LEADWIRE_SECRET_KEY',
    schema: secretKey,
    default: 'none',
    description: 'Key that encrypts integration credentials: 32 bytes in base64. Needed as soon as one is used',
  }),
  allowNetworks: option({
    env: 'LEADWIRE_ALLOW_NETWORKS',
    schema: networks,
    default: 'none',
    description: 'Private networks that integrations may call, as a comma-separated list of CIDR ranges and addresses',
  }),
  registry: option({
    env: 'LEADWIRE_REGISTRY',
    schema: url(/^https?:/, 'an http or https address').transform((value = 'https://registry.npmjs.org') =>
      value.replace(/\/+$/, ''),
    ),
    default: 'https://registry.npmjs.org',
    description: 'npm registry that connectors are installed from. A private network needs LEADWIRE_ALLOW_NETWORKS too',
  }),
  registryToken: option({
    env: 'LEADWIRE_REGISTRY_TOKEN',
    schema: z.string().optional(),
    default: 'none',
    description: 'Token for that registry, sent to it alone',
  }),
  codeConnectors: option({
    env: 'LEADWIRE_CODE_CONNECTORS',
    schema: packages,
    default: 'none',
    description: 'Packages of connectors whose code may run, as a comma-separated list: docs/connector-code.md',
  }),
  codeDeadlineMs: option({
    env: 'LEADWIRE_CODE_DEADLINE_MS',
    schema: wholeNumber(250, 10, 10_000),
    default: '250',
    description: "How long one call of a connector's code may take, in milliseconds",
  }),
  codeMemoryMb: option({
    env: 'LEADWIRE_CODE_MEMORY_MB',
    schema: wholeNumber(64, 16, 4_096),
    default: '64',
    description: "Heap of the thread that a connector's code runs in, in megabytes",
  }),
  maxInFlight: option({
    env: 'LEADWIRE_MAX_IN_FLIGHT',
    schema: wholeNumber(400, 1, 100_000),
    default: '400',
    description: 'Leads a node works on at once; past that it answers 503 with Retry-After',
  }),
  ratePerSecond: option({
    env: 'LEADWIRE_RATE_PER_SECOND',
    schema: wholeNumber(100, 1, 100_000),
    default: '100',
    description: 'Requests an API key may make in a second, unless its source, seller or buyer has a rateLimit',
  }),
  ratePerMinute: option({
    env: 'LEADWIRE_RATE_PER_MINUTE',
    schema: wholeNumber(3000, 1, 1_000_000),
    default: '3000',
    description: 'Requests an API key may make in a minute, unless its source, seller or buyer has a rateLimit',
  }),
  addressRatePerMinute: option({
    env: 'LEADWIRE_ADDRESS_RATE_PER_MINUTE',
    schema: wholeNumber(1200, 1, 1_000_000),
    default: '1200',
    description: 'Requests of one client address in a minute without a key or with one browser key, per node',
  }),
  refusedRatePerMinute: option({
    env: 'LEADWIRE_REFUSED_RATE_PER_MINUTE',
    schema: wholeNumber(120, 1, 1_000_000),
    default: '120',
    description: 'Refused keys of one client address in a minute, per node, before keys are no longer looked up for it',
  }),
  clickDays: option({
    env: 'LEADWIRE_CLICK_DAYS',
    schema: wholeNumber(90, 1, 3650),
    default: '90',
    description:
      'Days that visits, and offers that pages showed, are kept; a lead that comes later no longer finds its visit',
  }),
  requestLogDays: option({
    env: 'LEADWIRE_REQUEST_LOG_DAYS',
    schema: wholeNumber(14, 1, 3650),
    default: '14',
    description: 'How long the log of inbound requests is kept, in days',
  }),
  reportRows: option({
    env: 'LEADWIRE_REPORT_ROWS',
    schema: wholeNumber(20_000, 1, 1_000_000),
    default: '20000',
    description: 'Rows of the longest report; a report is put together in memory',
  }),
  alertSeconds: option({
    env: 'LEADWIRE_ALERT_SECONDS',
    schema: wholeNumber(60, 1, 3600),
    default: '60',
    description: 'How often alerts are looked at, in seconds',
  }),
  smtpUrl: option({
    env: 'LEADWIRE_SMTP_URL',
    schema: url(/^smtps?:/, 'an smtp:// or smtps:// address'),
    default: 'none',
    description:
      'Server that mail goes through: smtps://user:password@mail.example.com:465. Needed by e-mail channels and buyers',
  }),
  mailFrom: option({
    env: 'LEADWIRE_MAIL_FROM',
    schema: text('leadwire@localhost'),
    default: 'leadwire@localhost',
    description: 'Address that mail of Leadwire comes from',
  }),
  trustedProxies: option({
    env: 'LEADWIRE_TRUSTED_PROXIES',
    schema: wholeNumber(0, 0, 20),
    default: '0',
    description:
      "Proxies in front of the nodes that add to X-Forwarded-For; with 0 the header is ignored and the socket's address counts",
  }),
  logLevel: option({
    env: 'LEADWIRE_LOG_LEVEL',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    default: 'info',
    description: 'Least important log lines to write: fatal, error, warn, info, debug, trace or silent',
  }),
  nodeId: option({
    env: 'LEADWIRE_NODE_ID',
    schema: z
      .string()
      .max(200)
      .default(() => `${hostname()}-${process.pid}`),
    default: 'host name and process id',
    description: 'Name of this node in records and logs; no two running nodes may share one',
  }),
  shutdownSeconds: option({
    env: 'LEADWIRE_SHUTDOWN_SECONDS',
    schema: wholeNumber(30, 1, 3600),
    default: '30',
    description: 'How long a node that is told to stop finishes its leads, in seconds',
  }),
};

type Options = Record<string, Option<unknown>>;
type Values<Declared extends Options> = { readonly [Name in keyof Declared]: z.output<Declared[Name]['schema']> };
export type Environment = Omit<Values<typeof OPTIONS>, 'publicUrl'> & { readonly publicUrl: string };

/**
 * Parses the environment into a frozen object; unset and empty variables take their defaults. Throws
 * `invalid_configuration` naming every bad variable at once; the message never quotes a value.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const declared = readOptions(OPTIONS, variables);
  const publicUrl = (declared.publicUrl ?? `http://${hostInUrl(declared.host)}:${declared.port}`).replace(/\/+$/, '');
  return Object.freeze({ ...declared, publicUrl });
}

/** Keys the hashes by which duplicates are found: not a secret of its own, since there may be none. */
export function pepperOf({ secretKey, database }: Pick<Environment, 'secretKey' | 'database'>): string {
  return secretKey?.toString('base64') ?? database;
}

/** Parses the variables that `options` declare into a frozen object. Throws like `readEnvironment`. */
export function readOptions<Declared extends Options>(options: Declared, variables: NodeJS.ProcessEnv) {
  const issues: Issue[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { env, schema }] of Object.entries(options)) {
    const parsed = schema.safeParse(variables[env]?.trim() || undefined);
    if (parsed.success) values[name] = parsed.data;
    else issues.push({ path: env, code: 'bad_option', message: parsed.error.issues[0]?.message ?? 'is not valid' });
  }
  if (issues.length > 0) {
    const list = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new LeadwireError('invalid_configuration', { message: `The environment has mistakes. ${list}`, issues });
  }
  return Object.freeze(values) as Values<Declared>;
}

function isNetwork(text: string) {
  return ipaddr.isValidCIDR(text) || ipaddr.isValid(text);
}

function hostInUrl(host: string) {
  return host.includes(':') ? `[${host}]` : host;
}
