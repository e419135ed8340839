import type { PoolRoles } from '../domain/pool-roles.ts';

/** The role document of the identity pool. Writing replaces all of it, and nothing tells a writer of another writer. */
export interface PoolRolesStore {
  /** @throws DirectoryUnavailableError, PoolRolesRefusedError */
  read(): Promise<PoolRoles>;
  /** @throws PoolRolesBusyError when somebody else writes now; DirectoryUnavailableError, PoolRolesRefusedError */
  write(roles: PoolRoles): Promise<void>;
}
