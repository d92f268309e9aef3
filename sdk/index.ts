export { defineConnector, type ConfigOf, type Context, type Functions, type SecretsOf } from './define.ts';
export { ConnectorError } from './connector-error.ts';
export { fixtureSchema, type Fixture } from './fixture.ts';
export { runFixture, type FixtureRun } from './run-fixture.ts';
export { readFixtures, type NamedFixture } from './read-fixtures.ts';
export { compileConnector, type ConnectorRun } from './compile.ts';
export { readConnector } from '../rules/connector/alias.ts';
export { checkConnector } from '../rules/connector/check.ts';
export type { CodeFunctions, CodeRequest, CodeResult } from '../rules/connector/code.ts';
export type { ReadAnswer } from '../rules/mapping/answer.ts';
export {
  CONNECTOR_OPERATIONS,
  CONTRACT_VERSION as SDK_VERSION,
  type Connector,
  type ConnectorOperation,
  type Manifest,
} from '../schema/connector.ts';
export { testConnector } from './conformance/suite.ts';
export { passes, RULES, type Finding, type Grade, type RuleId } from './conformance/finding.ts';
export { readManifest, readSubject, type Subject } from './conformance/subject.ts';
export type { Network } from './conformance/network.ts';
