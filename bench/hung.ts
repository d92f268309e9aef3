import type { HealthRecord } from '../models/health.ts';
import type { LeadModels } from '../models/models.ts';
import { BUYERS } from './campaign.ts';
import { closedLoop, figures, openLoop, type Figures, type Target } from './load.ts';

/** Leads a second, far from saturation: what is seen is the hung buyer and not a queue. */
const RATE = 10;
const LEADS = 300;
const BATCH = 20;
const PATIENCE = 50;

export interface HungDeps {
  models: Pick<LeadModels, 'health'>;
  /** Base address of the simulated buyers. */
  buyers: string;
  leadwire: Target;
  print: (name: string, figures: Figures) => void;
}

/**
 * What the leads of the others see of one buyer of ten that answers no ping: beside none that hangs, while its health
 * has not taken it out yet, and from then on, when one lead tries it again every half minute.
 */
export async function measureHung({ models, buyers, leadwire, print }: HungDeps): Promise<void> {
  const [hung] = BUYERS;
  const setMode = (mode: 'accept' | 'hang') =>
    fetch(`${buyers}/control/buyers/${hung}`, { method: 'PUT', body: JSON.stringify({ ping: { mode } }) });
  const isOut = async () => {
    const found = await models.health.findById(`int_${hung}`).lean<HealthRecord>();
    return found !== null && found.state !== 'closed';
  };
  await setMode('accept');
  print(`none of ${BUYERS.length} hangs, ${RATE}/s`, figures(await openLoop(leadwire, RATE, LEADS), 0));
  await setMode('hang');
  const until = [];
  for (let batch = 0; batch < PATIENCE && !(await isOut()); batch++) {
    until.push(...(await closedLoop(leadwire, 4, BATCH)));
  }
  if (!(await isOut())) throw new Error('The hung buyer was not taken out');
  print('one hangs, until it is taken out', figures(until, 0));
  print(`one hangs and is out, ${RATE}/s`, figures(await openLoop(leadwire, RATE, LEADS), 0));
  await setMode('accept');
}
