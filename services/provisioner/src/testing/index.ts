import type { IdentityId } from '@stepcast/contracts';
import type { IdentityDirectory } from '../ports/identity-directory.port.ts';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';

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

/** In-memory attachments; `inForce` is what `isInForce` answers. */
export class InMemoryPolicyAttachments implements PolicyAttachments {
  readonly attached = new Set<IdentityId>();
  readonly attachCalls: IdentityId[] = [];
  inForce: boolean | undefined;

  async isAttached(identityId: IdentityId): Promise<boolean> {
    await Promise.resolve();
    return this.attached.has(identityId);
  }

  async attach(identityId: IdentityId): Promise<void> {
    await Promise.resolve();
    this.attachCalls.push(identityId);
    this.attached.add(identityId);
  }

  async isInForce(): Promise<boolean | undefined> {
    await Promise.resolve();
    return this.inForce;
  }
}
