import { fullJitterMs, pause, type Logger, type Timers } from '@stepcast/kit';
import {
  differences,
  sameRoles,
  withMapping,
  type PoolRoles,
  type WantedMapping,
} from '../domain/pool-roles.ts';
import { PoolRolesBusyError, PoolRolesChangedError } from '../errors.ts';
import type { PoolRolesStore } from '../ports/pool-roles.port.ts';

export interface ExtendPoolRolesDependencies {
  readonly store: PoolRolesStore;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly logger: Logger;
  /** How often a write that met another writer is made anew. Default 5. */
  readonly attempts?: number;
}

export type ExtendOutcome = 'changed' | 'unchanged';

/**
 * Adds a role mapping to the identity pool without losing anything of it.
 *
 * `SetIdentityPoolRoles` replaces the whole document and knows no version: what a writer does not repeat is gone, and two
 * writers do not notice each other. Hence:
 *
 * 1. One change at a time in this process; the others wait in line.
 * 2. Read and merge; when nothing changes, nothing is written.
 * 3. Read again right before writing. If it moved meanwhile, merge anew.
 * 4. Write. `ConcurrentModificationException` begins again at 2, after a pause, a few times.
 * 5. Read back. Anything but what was written ends in PoolRolesChangedError; nothing is written over the other's work.
 *
 * What remains is another writer between 3 and 4, an unlocked moment of one call's length: Cognito offers nothing against it.
 *
 * @throws PoolRolesConflictError, PoolRolesChangedError, PoolRolesBusyError, PoolRolesRefusedError, DirectoryUnavailableError
 */
export function createExtendPoolRoles(
  dependencies: ExtendPoolRolesDependencies,
): (wanted: WantedMapping) => Promise<ExtendOutcome> {
  const { store, timers, random, logger, attempts = 5 } = dependencies;
  let line: Promise<unknown> = Promise.resolve();

  async function attempt(wanted: WantedMapping): Promise<ExtendOutcome | 'again'> {
    const before = await store.read();
    const merged = withMapping(before, wanted);
    if (sameRoles(before, merged)) return 'unchanged';
    if (!sameRoles(before, await store.read())) return 'again';
    try {
      await store.write(merged);
    } catch (thrown) {
      if (thrown instanceof PoolRolesBusyError) return 'again';
      throw thrown;
    }
    audit(before, merged);
    const found = await store.read();
    if (!sameRoles(merged, found)) throw new PoolRolesChangedError(differences(merged, found));
    return 'changed';
  }

  function audit(before: PoolRoles, after: PoolRoles): void {
    logger.info(
      { audit: true, action: 'setIdentityPoolRoles', changed: differences(after, before) },
      'pool roles written',
    );
  }

  async function extend(wanted: WantedMapping): Promise<ExtendOutcome> {
    for (let count = 0; count < attempts; count += 1) {
      const outcome = await attempt(wanted);
      if (outcome !== 'again') return outcome;
      await pause(timers, fullJitterMs(count, { baseMs: 200, capMs: 5_000 }, random));
    }
    throw new PoolRolesBusyError();
  }

  return (wanted) => {
    const turn = line.then(() => extend(wanted));
    line = turn.catch(() => undefined);
    return turn;
  };
}
