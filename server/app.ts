import Koa, { type Context } from 'koa';
import type { ActivityDeps } from '../activities/deps.ts';
import type { DryRunDeps } from '../activities/dry-run.ts';
import type { ApiKeys } from '../config/api-keys.ts';
import type { AuditModel } from '../models/audit.ts';
import { mount } from './api/mount.ts';
import type { Operation } from './api/operation.ts';
import type { IngressDeps } from './ingress/accept-lead.ts';
import type { Limits } from './limits/limits.ts';
import { answerErrors } from './middleware/errors.ts';
import type { Capacity } from './middleware/load.ts';
import type { Turns } from './middleware/turns.ts';
import { requireForm } from './middleware/request-form.ts';
import { secureAnswers } from './middleware/security.ts';
import { clickOperations } from './routes/clicks.ts';
import type { ConnectorDirectory } from './connectors/directory.ts';
import { connectorOperations } from './routes/connectors.ts';
import { dryRunOperations } from './routes/dry-run.ts';
import type { RequestLog } from './request-log/request-log.ts';
import { eventBulkOperations } from './routes/event-bulk.ts';
import { eventOperations } from './routes/events.ts';
import { followUpOperations } from './routes/follow-ups.ts';
import { healthOperations } from './routes/health.ts';
import { integrationOperations, type IntegrationDeps } from './routes/integrations.ts';
import { instructionOperations, type InstructionDeps } from './routes/instructions.ts';
import { leadOperations } from './routes/leads.ts';
import { ledgerOperations } from './routes/ledger.ts';
import { listingOperations } from './routes/listings.ts';
import { pingOperations } from './routes/pings.ts';
import { postbackLogOperations, type PostbackLogDeps } from './routes/postback-log.ts';
import { portalOperations } from './routes/portal.ts';
import { postbackOperations } from './routes/postbacks.ts';
import { postOperations } from './routes/posts.ts';
import { referenceOperations } from './routes/reference.ts';
import { reportOperations } from './routes/reports.ts';
import { returnOperations } from './routes/returns.ts';
import { statementOperations } from './routes/statements.ts';
import { requestOperations } from './routes/requests.ts';
import { sdkOperations } from './routes/sdk.ts';
import { statusOperations } from './routes/status.ts';
import { tokenOperations } from './routes/tokens.ts';
import { withdrawalOperations } from './routes/withdrawals.ts';
import type { PostbackDeps } from './postbacks/receive.ts';
import type { BrowserScripts } from './tracking/scripts.ts';

export interface AppDeps {
  ingress: IngressDeps;
  keys: ApiKeys;
  /** Where it is written down what operators do. */
  audit: AuditModel;
  scripts: BrowserScripts;
  /** The connectors there are to choose from. */
  connectors: ConnectorDirectory;
  postbacks: PostbackDeps & PostbackLogDeps;
  /** What asks click networks. */
  listings: ActivityDeps;
  /** What the rules of integrations go by. */
  filters: DryRunDeps;
  /** What operators do with integrations: try them, see how they do, set their credentials. */
  integrations: IntegrationDeps;
  instructions: Pick<InstructionDeps, 'links' | 'rateDefaults'>;
  limits: Limits;
  requestLog: Pick<RequestLog, 'passage'>;
  /** Proxies in front of the node that tell the client's address in X-Forwarded-For. */
  trustedProxies: number;
  /** Rows of the longest report. */
  reportRows: number;
  capacity: Capacity;
  turns: Turns;
  isReady: () => Promise<boolean>;
  /** Sees every answer as it goes out; tests compare them with the OpenAPI document. */
  watchAnswers?: (context: Context) => void;
}

/** The HTTP API. */
export function createApp(deps: AppDeps): Koa {
  const { log, metrics } = deps.ingress;
  const { watchAnswers } = deps;
  const app = new Koa({ proxy: deps.trustedProxies > 0, maxIpsCount: deps.trustedProxies });
  app.on('error', (error: Error) => log.warn({ code: 'connection', fault: error.name }, 'answer not delivered'));
  if (watchAnswers) {
    app.use(async (context, next) => {
      await next();
      watchAnswers(context);
    });
  }
  app.use(async (context, next) => {
    await next();
    const route = (context['_matchedRoute'] as string | undefined) ?? 'none';
    metrics.requests.inc({ route, status: context.status });
  });
  app.use(deps.requestLog.passage);
  app.use(secureAnswers());
  app.use(answerErrors(log));
  app.use(requireForm());
  const router = mount(operationsOf(deps), {
    keys: deps.keys,
    config: deps.ingress.config,
    limits: deps.limits,
    capacity: deps.capacity,
    turns: deps.turns,
    metrics,
  });
  app.use(router.routes());
  app.use(router.allowedMethods());
  // What no operation answers counts too.
  app.use(deps.limits.open);
  return app;
}

/** Everything the API can do. */
export function operationsOf({
  ingress,
  keys,
  audit,
  scripts,
  connectors,
  postbacks,
  listings,
  filters,
  integrations,
  instructions,
  reportRows,
  capacity,
  isReady,
}: AppDeps): Operation[] {
  const operations = [
    ...leadOperations(ingress),
    ...pingOperations(ingress),
    ...postOperations(ingress),
    ...clickOperations({ ...ingress, keys }),
    ...listingOperations(listings),
    ...sdkOperations({ ...ingress, keys, scripts }),
    ...eventBulkOperations(ingress),
    ...eventOperations(ingress),
    ...postbackOperations(postbacks),
    ...postbackLogOperations(postbacks),
    ...dryRunOperations(filters),
    ...integrationOperations(integrations),
    ...connectorOperations(connectors),
    ...reportOperations({ ...ingress, maxRows: reportRows }),
    ...statementOperations({ ...ingress, maxRows: reportRows }),
    ...ledgerOperations({ ...ingress, audit }),
    ...returnOperations({ ...postbacks, audit }),
    ...portalOperations(ingress),
    ...followUpOperations({ ...postbacks, audit }),
    ...withdrawalOperations({ ...postbacks, audit }),
    ...requestOperations(ingress.models.requestLog),
    ...statusOperations(ingress.config),
    ...tokenOperations(keys),
    ...healthOperations(ingress.metrics, capacity, isReady),
  ];
  const described = [...operations, ...instructionOperations(operations, { ...ingress, ...instructions })];
  return [...described, ...referenceOperations(described, ingress.publicUrl)];
}
