import type { ConnectionState } from '@stepcast/web';
import type { Tone } from './upload-view.ts';

/** How the page says where the connection stands. */
export interface ConnectionView {
  readonly tone: Tone;
  readonly words: string;
  /** A sentence for when the words are not enough. */
  readonly detail: string;
  /** The client has stopped; only the person can start it again. */
  readonly stopped: boolean;
}

const gettingReady: ConnectionView = {
  tone: 'waiting',
  words: 'Getting access ready',
  detail: '',
  stopped: false,
};

/**
 * Puts the state of the connection into words.
 * @param wasLive whether this session was live before: then it is not connecting but re-connecting
 */
export function connectionView(state: ConnectionState, wasLive: boolean): ConnectionView {
  const going: ConnectionView = wasLive
    ? { tone: 'retrying', words: 'Reconnecting', detail: '', stopped: false }
    : { tone: 'waiting', words: 'Connecting', detail: '', stopped: false };
  switch (state.status) {
    case 'idle':
    case 'provisioning':
      return wasLive ? going : gettingReady;
    case 'connecting':
    case 'subscribing':
      return going;
    case 'live':
      return { tone: 'done', words: 'Live', detail: '', stopped: false };
    case 'disconnected':
      if (state.reason === 'notYetAuthorized')
        return { ...gettingReady, detail: 'Access was granted just now and may take some minutes to work.' };
      if (state.reason === 'offline')
        return {
          tone: 'retrying',
          words: 'Offline',
          detail: 'This device has no network. Progress comes back with it.',
          stopped: false,
        };
      // No more words for what is over in a moment: a notice would push the page about.
      return going;
    case 'closed':
      return { tone: 'stopped', words: 'Closed', detail: '', stopped: true };
    case 'failed': {
      const session = state.reason === 'credentialsDenied' || state.reason === 'provisioningDenied';
      return {
        tone: 'failed',
        words: session ? 'Session ended' : 'No access',
        detail: session ? 'Sign out and in again.' : (state.error?.message ?? 'The connection was refused.'),
        stopped: true,
      };
    }
  }
}
