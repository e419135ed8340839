import { ConfigError } from './config.ts';
import { createLogger } from './logger.ts';

/** `EX_CONFIG` of `sysexits.h`: something in the configuration is wrong. */
export const CONFIG_EXIT_CODE = 78;

/**
 * The configuration of a service that is about to start. Where it is not usable, one line of the log names every problem, and the
 * process ends with {@link CONFIG_EXIT_CODE}.
 */
export function configOrExit<T>(service: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const { code, problems } = thrown;
    createLogger({ service, level: 'error' }).error({ code, problems }, 'configuration not usable');
    process.exit(CONFIG_EXIT_CODE);
  }
}
