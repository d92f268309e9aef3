import { runCli } from '../../cli/program.ts';

export interface Ran {
  code: number;
  out: string[];
  err: string[];
}

/** Runs a command line in this process against a database of its own. */
export function commandLine(variables: NodeJS.ProcessEnv) {
  return async (argv: string, input = ''): Promise<Ran> => {
    const ran: Ran = { code: 0, out: [], err: [] };
    ran.code = await runCli(argv.split(' '), {
      variables,
      print: (line) => ran.out.push(...line.split('\n')),
      complain: (line) => ran.err.push(...line.split('\n')),
      readInput: () => Promise.resolve(input),
    });
    return ran;
  };
}
