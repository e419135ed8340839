import { describe, expect, it } from '@jest/globals';
import { connectionView } from './connection-view.ts';

const state = { reasonCode: 0 } as const;

describe('connectionView', () => {
  it('says that access is being made ready while it is provisioned or not yet in force', () => {
    expect(connectionView({ ...state, status: 'provisioning', reason: 'starting' }, false).words).toBe(
      'Getting access ready',
    );
    expect(
      connectionView({ ...state, status: 'disconnected', reason: 'notYetAuthorized' }, false),
    ).toMatchObject({ words: 'Getting access ready', stopped: false });
  });

  it('tells connecting from reconnecting', () => {
    const connecting = { ...state, status: 'connecting', reason: 'retrying' } as const;
    expect(connectionView(connecting, false).words).toBe('Connecting');
    expect(connectionView(connecting, true).words).toBe('Reconnecting');
  });

  it('names the missing network', () => {
    expect(connectionView({ ...state, status: 'disconnected', reason: 'offline' }, true).words).toBe(
      'Offline',
    );
  });

  it('asks the person to act when the client has stopped', () => {
    expect(connectionView({ ...state, status: 'failed', reason: 'credentialsDenied' }, true)).toMatchObject({
      words: 'Session ended',
      stopped: true,
    });
    expect(connectionView({ ...state, status: 'failed', reason: 'denied' }, true)).toMatchObject({
      words: 'No access',
      stopped: true,
    });
  });
});
