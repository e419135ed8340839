import { parseArgs, type ParseArgsConfig, type ParseArgsOptionsConfig } from 'node:util';

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<ParseArgsConfig & { readonly options: Options }>
>['values'];

/** Says what is wrong with the command line, and how it is used, and ends the process with 2. */
export function refuseOptions(usage: string, problem: string): never {
  process.stderr.write(`${problem}\n\n${usage}`);
  process.exit(2);
}

/**
 * Reads the options of a command of the tests. Answers `--help` with the usage and ends the process with 0; for an option that is
 * not there it ends with 2. A command reads them before it loads what it needs, so that both take no time.
 */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
): Values<Options> {
  if (process.argv.slice(2).includes('--help')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (thrown) {
    return refuseOptions(usage, thrown instanceof Error ? thrown.message : String(thrown));
  }
}
