/** What code of a connector imports from `@leadwire/connector-sdk`: all that it may use while it runs. */
export { defineConnector } from '../define.ts';
export { ConnectorError } from '../connector-error.ts';
