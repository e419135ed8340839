import type { FailureKind } from '@stepcast/kit';
import type { FollowUp } from './follow-ups.ts';

/** How an attempt at a message, a follow-up or a sweep ended. */
export type Outcome = { readonly kind: 'done' } | { readonly kind: FailureKind; readonly reason: string };

/** Work that no message waits for. */
export type BackgroundWork = FollowUp['kind'] | 'sweep';

/** Hears how each attempt at such work ended, for readiness. */
export type OnBackgroundWork = (work: BackgroundWork, outcome: Outcome) => void;
