import type { ConnectorOperation } from '../../schema/connector.ts';
import { checkAnswers, checkPrice } from './answers.ts';
import { RULES, type Finding, type Say } from './finding.ts';
import { checkFixtures, checkPurity, checkRetry } from './fixtures.ts';
import { checkCompatible, checkManifest } from './manifest.ts';
import { checkNetwork, type Network } from './network.ts';
import { watchOutput } from './output.ts';
import { probesOf, type Probe } from './probe.ts';
import { startMisbehaving } from './service.ts';
import type { Subject } from './subject.ts';
import { watch } from './watch.ts';

const GRADES = ['error', 'warning', 'suggestion'];

/**
 * Everything that is wrong with a connector, the worst first. Nothing it is given is sent anywhere: requests go to a
 * service on loopback, through the client that Leadwire itself uses.
 *
 * @param network a `createOutbound({ allowNetworks: ['127.0.0.1'] })`
 */
export async function testConnector(given: Subject, { network }: { network: Network }): Promise<Finding[]> {
  const findings = new Map<string, Finding>();
  const say: Say = (rule, grade, message, at) => {
    const finding: Finding = { rule, grade, message, ...(at === undefined ? {} : { at }) };
    findings.set(JSON.stringify(finding), finding);
  };
  const { functions } = given;
  if (!functions) await check(given, network, say);
  else {
    const output = watchOutput();
    await check({ ...given, functions: watch(functions, output, say) }, network, say).finally(output.restore);
  }
  return [...findings.values()].sort(
    (a, b) => GRADES.indexOf(a.grade) - GRADES.indexOf(b.grade) || RULES.indexOf(a.rule) - RULES.indexOf(b.rule),
  );
}

async function check(subject: Subject, network: Network, say: Say): Promise<void> {
  checkManifest(subject, say);
  checkCompatible(subject, say);
  await checkFixtures(subject, say);
  const { connector } = subject;
  // What does not hold together cannot be run.
  const runs = connector && !subject.issues.some(({ severity }) => severity !== 'warning');
  if (runs) {
    const probes = probesOf(subject);
    for (const probe of probes) {
      await checkPurity(probe, say);
      await checkPrice(probe, say);
      await checkRetry(probe, connector.idempotent === true, say);
    }
    const service = await startMisbehaving();
    try {
      const names = Object.keys(connector.operations) as ConnectorOperation[];
      await Promise.all(
        names.map(async (name) => {
          const [probe, accepted] = probesFor(probes, name);
          if (!probe) return;
          await checkAnswers(probe, accepted, say);
          await checkNetwork(probe, connector, { network, service }, say);
        }),
      );
    } finally {
      await service.stop();
    }
  }
}

/** What an operation is tried with: one of its fixtures, best one that is a yes, and all that are a yes. */
function probesFor(probes: readonly Probe[], name: ConnectorOperation): [Probe | undefined, Probe[]] {
  const own = probes.filter((probe) => probe.name === name);
  const accepted = own.filter(({ fixture }) => fixture.result?.outcome === 'accepted');
  return [accepted[0] ?? own.find(({ fixture }) => fixture.request !== undefined), accepted];
}
