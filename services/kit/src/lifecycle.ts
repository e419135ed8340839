import { asError, errorFields, StepcastError } from './errors.ts';
import type { Logger } from './logger.ts';

/** Closes one resource. `force` is true when waiting politely has taken too long. */
export type Release = (options: { readonly force: boolean }) => Promise<void>;

/** Thrown by {@link Lifecycle.stop} when some resource could not be closed; `errors` has each reason. */
export class DirtyShutdownError extends StepcastError {
  readonly code = 'KIT_SHUTDOWN_DIRTY';
  readonly retryable = false;
  readonly errors: readonly Error[];
  constructor(errors: readonly Error[]) {
    super(`${errors.length} of the service's resources could not be released`, { cause: errors[0] });
    this.errors = errors;
  }
}

/**
 * Resources register their release as they open; `stop` releases them in reverse order, each isolated from the failures
 * of the others. Stopping twice is the same stop; a second call with `force` turns the first into a forced one.
 */
export class Lifecycle {
  readonly #releases: { readonly name: string; readonly release: Release }[] = [];
  readonly #logger: Logger;
  #stopping: Promise<void> | undefined;
  #force = Promise.withResolvers<void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onStop(name: string, release: Release): void {
    this.#releases.push({ name, release });
  }

  /** @throws DirtyShutdownError after everything was tried */
  stop(options: { readonly force: boolean } = { force: false }): Promise<void> {
    if (options.force) this.#force.resolve();
    this.#stopping ??= this.#releaseAll();
    return this.#stopping;
  }

  async #releaseAll(): Promise<void> {
    const errors: Error[] = [];
    const forced = this.#force.promise.then(() => 'forced' as const);
    for (const { name, release } of this.#releases.toReversed()) {
      try {
        const polite = release({ force: false });
        polite.catch(() => undefined); // awaited below; when a forced release overtakes it, that one has the say
        if ((await Promise.race([polite, forced])) === 'forced') await release({ force: true });
      } catch (thrown) {
        this.#logger.error({ resource: name, ...errorFields(thrown) }, 'resource not released');
        errors.push(asError(thrown));
      }
    }
    if (errors.length > 0) throw new DirtyShutdownError(errors);
  }
}
