import { readSandboxConfig, startSandbox, type Sandbox } from '@stepcast/sandbox';
import { silentLogger, type Environment, type Logger } from '@stepcast/kit';

/** A whole sandbox on a free port, with options as on the command line of `npm start`. */
export async function startTestSandbox(
  options: {
    readonly argv?: readonly string[];
    readonly environment?: Environment;
    readonly logger?: Logger;
    readonly pageDirectory?: string;
    readonly operationsDirectory?: string;
    readonly say?: (line: string) => void;
  } = {},
): Promise<Sandbox> {
  const config = readSandboxConfig({ PORT: '0', ...options.environment }, options.argv ?? []);
  if (config === 'help') throw new TypeError('--help starts no sandbox');
  return startSandbox({
    config,
    logger: options.logger ?? silentLogger,
    ...(options.say === undefined ? {} : { say: options.say }),
    ...(options.pageDirectory === undefined ? {} : { pageDirectory: options.pageDirectory }),
    ...(options.operationsDirectory === undefined
      ? {}
      : { operationsDirectory: options.operationsDirectory }),
  });
}
