import type { ConnectionState } from '@stepcast/web';
import { formatMoment } from './format.ts';
import type { Tone } from './step-view.ts';

/** How the page says where the connection stands. */
export interface ConnectionView {
  readonly tone: Tone;
  readonly words: string;
  /** A sentence for when the words are not enough. */
  readonly detail: string;
  /** The client has stopped; only the person can start it again. */
  readonly stopped: boolean;
  /** Until when what is shown was current, ISO 8601; undefined while it is. */
  readonly asOf: string | undefined;
}

/** `gone`: the sandbox was asked, and does not answer. */
export type Away = 'briefly' | 'long' | 'gone';

/**
 * Puts the state of the connection into words.
 * @param wasLive whether this session was live before: then it is not connecting but re-connecting
 * @param away how long there has been no connection, where that is worth a sentence
 */
export function connectionView(state: ConnectionState, wasLive: boolean, away: Away): ConnectionView {
  const { asOf } = state;
  const shown = asOf === undefined ? '' : ` What you see is as of ${formatMoment(asOf, Date.now())}.`;
  const gettingReady = {
    tone: 'waiting',
    words: 'Getting access ready',
    detail: '',
    stopped: false,
    asOf,
  } as const;
  const going: ConnectionView =
    away === 'gone'
      ? {
          tone: 'failed',
          words: 'Sandbox gone',
          detail: `The sandbox does not answer.${shown} Start it again with npm start; the page comes back by itself.`,
          stopped: false,
          asOf,
        }
      : wasLive
        ? {
            tone: 'retrying',
            words: 'Reconnecting',
            detail: away === 'long' ? `The connection is lost.${shown}` : '',
            stopped: false,
            asOf,
          }
        : { tone: 'waiting', words: 'Connecting', detail: '', stopped: false, asOf };
  switch (state.status) {
    case 'idle':
    case 'provisioning':
      return wasLive || away === 'gone' ? going : gettingReady;
    case 'connecting':
    case 'subscribing':
      return going;
    case 'live':
      return { tone: 'done', words: 'Live', detail: '', stopped: false, asOf: undefined };
    case 'disconnected':
      if (state.reason === 'notYetAuthorized')
        return { ...gettingReady, detail: 'Access was granted just now and may take some minutes to work.' };
      if (state.reason === 'offline')
        return {
          tone: 'retrying',
          words: 'Offline',
          detail: `This device has no network.${shown} Progress comes back with it.`,
          stopped: false,
          asOf,
        };
      return going;
    case 'closed':
      return { tone: 'stopped', words: 'Closed', detail: '', stopped: true, asOf };
    case 'failed': {
      const session = state.reason === 'credentialsDenied' || state.reason === 'provisioningDenied';
      return {
        tone: 'failed',
        words: session ? 'Session ended' : 'No access',
        detail: session ? 'Sign out and in again.' : (state.error?.message ?? 'The connection was refused.'),
        stopped: true,
        asOf,
      };
    }
  }
}
