import { LeadwireError } from '../errors/leadwire-error.ts';

/** The ports of this process, by the variable that moves each. */
export type OwnPorts = Record<'LEADWIRE_PORT' | 'LEADWIRE_BUYERS_PORT', number>;

/** One line for each thing that went wrong, saying what to do; no stack for what a person can mend. */
export function plainly(error: unknown, ports?: OwnPorts): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as Error & { code?: string; port?: number };
  if (port !== undefined && (code === 'EADDRINUSE' || code === 'EACCES')) {
    const [variable = 'LEADWIRE_PORT'] = Object.entries(ports ?? {}).find(([, own]) => own === port) ?? [];
    return code === 'EADDRINUSE'
      ? `Port ${port} is taken: stop what uses it or set ${variable} to another port`
      : `Port ${port} is not for this user: set ${variable} to another port`;
  }
  if (error instanceof LeadwireError && error.details.issues) {
    return error.details.issues.map(({ path, message }) => `${path}: ${message}`).join('\n');
  }
  if (error instanceof LeadwireError || error.name === 'StackError') return error.message;
  return error.stack ?? error.message;
}
