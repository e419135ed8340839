import type { UploadedObject } from '@stepcast/wire';
import type { ExecutionArn, IdentityId } from '@stepcast/contracts';
import type { StatusFact } from './fold-status.ts';

/** What the uploads queue brought, understood. */
export type UploadNotice =
  /** An object was created. `input` is what an execution on it is started with: the event as JSON text. */
  | { readonly kind: 'created'; readonly object: UploadedObject; readonly input: string }
  /** CloudTrail saw who uploaded it: S3 took the call, and it wrote the object. */
  | { readonly kind: 'caller'; readonly object: UploadedObject; readonly identityId: IdentityId }
  | { readonly kind: 'ignored'; readonly reason: 'testEvent' | 'notAnUpload' | 'noCaller' };

/** What a status change says, understood. */
export interface StatusNotice {
  readonly executionArn: ExecutionArn;
  readonly fact: StatusFact;
  /** JSON text, when the event had it. */
  readonly input: string | undefined;
}
