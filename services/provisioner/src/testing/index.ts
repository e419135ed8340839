import type { IdentityId } from '@stepcast/contracts';
import type { RecheckLimits } from '../application/recheck-limits.ts';
import { PoolRolesBusyError, DirectoryUnavailableError } from '../errors.ts';
import type { PoolRoles } from '../domain/pool-roles.ts';
import type { Connections } from '../ports/connections.port.ts';
import type { IdentityCensus, KnownIdentity } from '../ports/identity-census.port.ts';
import type { IdentityDirectory } from '../ports/identity-directory.port.ts';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';
import type { PoolRolesStore } from '../ports/pool-roles.port.ts';

/** IoT may be asked as often as anybody wants. */
export const unlimitedRechecks: RecheckLimits = { take: () => 0 };

/** An in-memory directory: one identity per token text; records the calls and can fail. */
export class InMemoryIdentityDirectory implements IdentityDirectory {
  readonly calls: string[] = [];
  readonly identities = new Map<string, IdentityId>();
  failNextWith: Error | undefined;

  async identityOf(idToken: string): Promise<IdentityId> {
    this.calls.push(idToken);
    await Promise.resolve();
    const failure = this.failNextWith;
    this.failNextWith = undefined;
    if (failure !== undefined) throw failure;
    const identityId = this.identities.get(idToken);
    if (identityId === undefined) throw new Error('the test gave this token no identity');
    return identityId;
  }
}

/** In-memory attachments; `inForce` is what `isInForce` answers, `failFor` are identities whose changes fail. */
export class InMemoryPolicyAttachments implements PolicyAttachments {
  readonly attached = new Set<IdentityId>();
  /** Targets that are no identities. */
  readonly others: string[] = [];
  readonly attachCalls: IdentityId[] = [];
  readonly detachCalls: IdentityId[] = [];
  readonly failFor = new Set<IdentityId>();
  inForce: boolean | undefined;

  async isAttached(identityId: IdentityId): Promise<boolean> {
    await Promise.resolve();
    return this.attached.has(identityId);
  }

  async attach(identityId: IdentityId): Promise<void> {
    await Promise.resolve();
    this.attachCalls.push(identityId);
    if (this.failFor.has(identityId)) throw new DirectoryUnavailableError('AttachPolicy');
    this.attached.add(identityId);
  }

  async detach(identityId: IdentityId): Promise<void> {
    await Promise.resolve();
    this.detachCalls.push(identityId);
    if (this.failFor.has(identityId)) throw new DirectoryUnavailableError('DetachPolicy');
    this.attached.delete(identityId);
  }

  async *targets(): AsyncIterable<string> {
    await Promise.resolve();
    yield* [...this.attached, ...this.others];
  }

  async isInForce(): Promise<boolean | undefined> {
    await Promise.resolve();
    return this.inForce;
  }
}

/** In-memory census. `unlisted` exist, and yet the list does not have them: they came after their page was read. */
export class InMemoryIdentityCensus implements IdentityCensus {
  readonly identities = new Map<IdentityId, KnownIdentity>();
  readonly unlisted = new Set<IdentityId>();
  readonly findCalls: IdentityId[] = [];
  fail = false;

  add(identityId: IdentityId, signedIn = true): void {
    this.identities.set(identityId, { identityId, signedIn });
  }

  async *list(): AsyncIterable<KnownIdentity> {
    await Promise.resolve();
    if (this.fail) throw new DirectoryUnavailableError('ListIdentities');
    for (const identity of this.identities.values())
      if (!this.unlisted.has(identity.identityId)) yield identity;
  }

  async find(identityId: IdentityId): Promise<KnownIdentity | undefined> {
    this.findCalls.push(identityId);
    await Promise.resolve();
    if (this.fail) throw new DirectoryUnavailableError('DescribeIdentity');
    return this.identities.get(identityId);
  }
}

export class InMemoryConnections implements Connections {
  readonly open = new Set<string>();

  async cut(clientId: string): Promise<boolean> {
    await Promise.resolve();
    return this.open.delete(clientId);
  }
}

/**
 * The pool's roles as Cognito keeps them: a write replaces everything. `busyWrites` many writes are answered with
 * `ConcurrentModificationException`; `pass` lets a test decide when each call goes through.
 */
export class InMemoryPoolRoles implements PoolRolesStore {
  roles: PoolRoles;
  busyWrites = 0;
  /** Every document that was ever stored, the first one included. */
  readonly history: PoolRoles[];
  readonly #pass: (call: string) => Promise<unknown>;

  constructor(roles: PoolRoles, pass: (call: string) => Promise<unknown> = () => Promise.resolve()) {
    this.roles = roles;
    this.history = [roles];
    this.#pass = pass;
  }

  async read(): Promise<PoolRoles> {
    await this.#pass('read');
    return this.roles;
  }

  async write(roles: PoolRoles): Promise<void> {
    await this.#pass('write');
    if (this.busyWrites > 0) {
      this.busyWrites -= 1;
      throw new PoolRolesBusyError();
    }
    this.roles = roles;
    this.history.push(roles);
  }
}
