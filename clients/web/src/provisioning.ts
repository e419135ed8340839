import {
  ErrorReply,
  type IdentityId,
  parseJson,
  ProvisionReply,
  type ProvisionRequest,
  type WorkflowOutline,
} from '@stepcast/contracts';
import { asError, StepcastError } from './errors.ts';
import { type Runtime, withTimeout } from './runtime.ts';

export interface ProvisioningOptions {
  /** Address of `POST /v1/provision`. */
  readonly url: string;
  /** The ID token of the user pool, asked for anew at each call. */
  readonly idToken: () => Promise<string>;
}

/** What is known after provisioning. */
export interface Provisioned {
  readonly identityId: IdentityId;
  /** Until then a refusal by the broker means "not yet". Milliseconds since the epoch. */
  readonly windowEndsAtMs: number;
  /** Whether the service answered from memory although the request said `refused`, because of too many of those. */
  readonly limited: boolean;
  /** Outlines of the workflows, where the installation shows them. */
  readonly workflows: readonly WorkflowOutline[];
}

/** AWS IoT: policy changes take "a few minutes"; this long a refusal is forgiven when the endpoint names no end. */
export const DEFAULT_WINDOW_MS = 5 * 60_000;
const timeoutMs = 30_000;

/**
 * Has the IoT policy attached to the caller's identity.
 * @param options.refused the broker refused the identity although the service had said `ready`
 * @throws StepcastError `provisioningDenied` when the token was refused, `provisioningUnavailable` when it may work later
 */
export async function provision(
  options: ProvisioningOptions & { readonly refused: boolean },
  fetch: typeof globalThis.fetch,
  runtime: Runtime,
): Promise<Provisioned> {
  const late = () => new Error(`no answer within ${timeoutMs / 1000} s`);
  let status: number;
  let text: string;
  try {
    const token = await withTimeout(runtime, options.idToken(), timeoutMs, late);
    const refusal: ProvisionRequest = { refused: true };
    const request = fetch(options.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(options.refused ? { 'content-type': 'application/json' } : {}),
      },
      ...(options.refused ? { body: JSON.stringify(refusal) } : {}),
    }).then(async (response) => ({ status: response.status, text: await response.text() }));
    ({ status, text } = await withTimeout(runtime, request, timeoutMs, late));
  } catch (thrown) {
    if (thrown instanceof StepcastError) throw thrown;
    const cause = asError(thrown);
    throw new StepcastError('provisioningUnavailable', `provisioning failed: ${cause.message}`, { cause });
  }

  const reply = parseJson(ProvisionReply, text);
  if (status >= 200 && status < 300 && reply.ok) {
    const { identityId, retryUntil, retryAfterMs, status: readiness, workflows = [] } = reply.value;
    const fallbackMs = readiness === 'propagating' ? runtime.now() + DEFAULT_WINDOW_MS : 0;
    const windowEndsAtMs = retryUntil === undefined ? fallbackMs : Date.parse(retryUntil);
    return {
      identityId,
      // Nobody has checked yet: until somebody can, a refusal proves nothing.
      windowEndsAtMs: Math.max(windowEndsAtMs, retryAfterMs === undefined ? 0 : runtime.now() + retryAfterMs),
      limited: retryAfterMs !== undefined,
      workflows,
    };
  }
  const refusal = parseJson(ErrorReply, text);
  const why = refusal.ok ? `${refusal.value.error.code}: ${refusal.value.error.message}` : `HTTP ${status}`;
  const passing = refusal.ok
    ? refusal.value.error.retryable
    : status >= 500 || status === 408 || status === 429 || (status >= 200 && status < 300);
  throw new StepcastError(
    passing ? 'provisioningUnavailable' : 'provisioningDenied',
    `provisioning was refused: ${why}`,
  );
}
