import { errorFields } from './errors.ts';
import { createHealthChecks, type HealthChecks } from './health/health-checks.ts';
import { letHeapGrow } from './heap-growth.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';

/**
 * Runs a service until a signal stops it. The first SIGTERM or SIGINT drains; the second, or `drainTimeoutMs` after the
 * first, forces. The process ends with 0 after a clean stop and 1 otherwise, also when `start` throws.
 *
 * @param start opens resources and registers each on the lifecycle as it opens, and on `health` what readiness and
 * liveness depend on. `health` goes to the HTTP server; it says that the service is not ready once it stops.
 * @param drainTimeoutMs default 10,000; ECS waits 30 s before it kills
 */
export async function runService(options: {
  readonly logger: Logger;
  readonly start: (lifecycle: Lifecycle, health: HealthChecks) => Promise<void>;
  readonly drainTimeoutMs?: number;
}): Promise<void> {
  const { logger, start, drainTimeoutMs = 10_000 } = options;
  letHeapGrow();
  const lifecycle = new Lifecycle(logger);
  const health = createHealthChecks();
  let signals = 0;
  let stopping = false;
  health.addCheck('lifecycle', () => (stopping ? { ok: false, reason: 'stopping' } : { ok: true }));

  const finish = async (exitCode: number) => {
    stopping = true;
    const timer = setTimeout(() => void lifecycle.stop({ force: true }), drainTimeoutMs);
    timer.unref();
    try {
      await lifecycle.stop();
      process.exitCode = exitCode;
    } catch (thrown) {
      logger.error(errorFields(thrown), 'stopped uncleanly');
      process.exitCode = 1;
    }
    clearTimeout(timer);
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
    process.exit();
  };
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    logger.info({ signal, forced: signals > 1 }, 'stop requested');
    if (signals > 1) void lifecycle.stop({ force: true });
    else void finish(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', (thrown) => {
    logger.error(errorFields(thrown), 'unhandled rejection');
    void finish(1);
  });

  try {
    await start(lifecycle, health);
  } catch (thrown) {
    logger.error(errorFields(thrown), 'service did not start');
    await finish(1);
  }
}
