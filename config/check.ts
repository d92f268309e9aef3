import type { Issue } from '../errors/leadwire-error.ts';
import { createAddressPolicy } from '../http/address.ts';
import { configurationSchema, type CollectionName, type ConfigurationFile } from '../schema/configuration.ts';
import { checkAlerts, checkChannel } from './check/alerts.ts';
import { builtInConnectors, type ConnectorCatalog } from './connectors/catalog.ts';
import { checkAddresses } from './check/addresses.ts';
import { checkAuctions, isTakenUnasked } from './check/auction.ts';
import { checkCampaigns } from './check/campaigns.ts';
import { checkCaps } from './check/caps.ts';
import { addExisting, readDraft, type Draft } from './check/draft.ts';
import { connectDraft } from './check/connectors.ts';
import { checkFilters } from './check/filters.ts';
import { createFindings, join, type Findings } from './check/issues.ts';
import { checkLeadNames } from './check/lead-names.ts';
import { checkMappings } from './check/mappings.ts';
import { checkMoment } from './check/operations.ts';
import { isPlainData } from './check/plain.ts';
import { checkEndpoints, checkEventEndpoints, checkPostbacksOf } from './check/postbacks.ts';
import { checkReferences } from './check/references.ts';
import { checkSchedules } from './check/schedules.ts';
import { checkWaves } from './check/waves.ts';

export interface CheckOptions {
  /** The deployment's configuration: what the file does not name stays, and may be referred to. */
  existing?: ConfigurationFile;
  /** What the file does not name goes. */
  prune?: boolean;
  remove?: readonly { collection: CollectionName; id: string }[];
  /** Connectors that integrations may name. Default those that come with Leadwire. */
  connectors?: Pick<ConnectorCatalog, 'find'>;
  /** Packages whose code may run. Default none. */
  codeConnectors?: readonly string[];
  /** Private networks that integrations may call, as CIDR ranges. */
  allowNetworks?: readonly string[];
}

export interface Checked {
  /** The file, its properties in the schema's order; absent when there is an error among the issues. */
  file?: ConfigurationFile;
  /** Every mistake at once; with a file, warnings only. */
  issues: Issue[];
}

/**
 * Checks a configuration file, alone or on top of a deployment's configuration. Paths lead into the file
 * (`integrations[3].campaign`); an object of the deployment that the file breaks goes by its id
 * (`integrations.int_acme.campaign`).
 */
export function checkConfiguration(input: unknown, options: CheckOptions = {}): Checked {
  const findings = createFindings();
  if (!isPlainData(input, findings)) return { issues: findings.issues };
  const draft = readDraft(input, findings);
  const { existing = {}, prune = false, remove = [] } = options;
  const isRemoved = (collection: CollectionName, id: string) =>
    prune || remove.some((gone) => gone.collection === collection && gone.id === id);
  addExisting(draft, existing, (collection, id) => !isRemoved(collection, id));

  connectDraft(draft, options.connectors ?? builtInConnectors(), options.codeConnectors ?? [], findings);
  checkReferences(draft, findings);
  checkCampaigns(draft, findings);
  checkAuctions(draft, findings);
  checkWaves(draft, findings);
  checkContents(draft, options.allowNetworks ?? [], findings);

  // Whoever corrects a file goes through it object by object.
  const issues = findings.issues.sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
  if (issues.some(({ severity }) => severity !== 'warning')) return { issues };
  return { file: configurationSchema.parse(input), issues };
}

/** What an object says by itself was checked when it was saved; only what the file brings is checked here. */
function checkContents(draft: Draft, allowNetworks: readonly string[], findings: Findings) {
  const policy = createAddressPolicy(allowNetworks);
  checkFilters(draft, findings);
  checkCaps(draft, findings);
  checkSchedules(draft, findings);
  for (const entry of draft.integrations) {
    if (!entry.isNew) continue;
    checkMoment(entry, findings, isTakenUnasked(entry, draft));
    checkAddresses(entry, policy, findings);
    checkMappings(entry, findings);
    checkLeadNames(entry, draft, findings);
    checkPostbacksOf(entry, findings);
  }
  for (const entry of draft.sources) if (entry.isNew) checkEndpoints(entry, draft, policy, findings);
  for (const entry of draft.alertChannels) if (entry.isNew) checkChannel(entry, policy, findings);
  for (const entry of draft.campaigns) if (entry.isNew) checkAlerts(entry, findings);
  for (const { isNew, object, path } of draft.events) {
    if (isNew) checkEventEndpoints(object.postbacks ?? [], join(path, 'postbacks'), draft, policy, findings);
  }
  for (const { isNew, object, path, broken } of draft.campaigns) {
    if (!isNew || broken.has('events')) continue;
    object.events?.forEach((entry, at) => {
      if (typeof entry === 'string') return;
      const where = join(path, 'events', at, 'postbacks');
      checkEventEndpoints(entry.postbacks ?? [], where, draft, policy, findings);
    });
  }
}
