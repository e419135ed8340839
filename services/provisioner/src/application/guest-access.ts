import type { GuestAccess } from '@stepcast/contracts';
import type { Clock } from '@stepcast/kit';
import type { GuestSettings } from '../ports/guest-settings.port.ts';

export interface GuestAccessDependencies {
  readonly settings: GuestSettings;
  /** Whether the guest role lets guests upload. */
  readonly guestUploads: boolean;
  readonly clock: Clock;
  /** How long the pool's settings are remembered, in milliseconds. Default 300,000. */
  readonly rememberMs?: number;
}

const NO_GUESTS = 'This installation lets nobody in who has not signed in.';
const NO_UPLOADS = 'The guest role may not upload. Sign in to upload.';
/** Source: Cognito developer guide "IAM roles", services that unauthenticated identities can access in the enhanced flow. */
const NO_SIGNALLING =
  'Cognito limits guest credentials to a list of services that Kinesis Video Streams is not on, whatever the guest role says. ' +
  'Sign in, or have a backend hand out credentials for signalling.';

/** Says what a guest can do. Concurrent questions are one. */
export function createGuestAccess(dependencies: GuestAccessDependencies): () => Promise<GuestAccess> {
  const { settings, guestUploads, clock, rememberMs = 300_000 } = dependencies;
  let remembered: { readonly allowed: boolean; readonly untilMs: number } | undefined;
  let asking: Promise<boolean> | undefined;

  async function allowed(): Promise<boolean> {
    if (remembered !== undefined && clock.nowMs() < remembered.untilMs) return remembered.allowed;
    asking ??= settings.guestsAllowed().finally(() => {
      asking = undefined;
    });
    const answer = await asking;
    remembered = { allowed: answer, untilMs: clock.nowMs() + rememberMs };
    return answer;
  }

  return async () => {
    const signalling = { capability: 'signalling', why: NO_SIGNALLING } as const;
    if (!(await allowed()))
      return {
        allowed: false,
        works: [],
        cannot: [
          { capability: 'progress', why: NO_GUESTS },
          { capability: 'uploads', why: NO_GUESTS },
          signalling,
        ],
      };
    return guestUploads
      ? { allowed: true, works: ['progress', 'uploads'], cannot: [signalling] }
      : {
          allowed: true,
          works: ['progress'],
          cannot: [{ capability: 'uploads', why: NO_UPLOADS }, signalling],
        };
  };
}
