import { describe, expect, it } from 'vitest';
import { connectionView } from './connection-view.ts';

const state = { reasonCode: 0 } as const;

describe('connectionView', () => {
  it('says that access is being made ready while it is provisioned or not yet in force', () => {
    expect(
      connectionView({ ...state, status: 'provisioning', reason: 'starting' }, false, 'briefly').words,
    ).toBe('Getting access ready');
    expect(
      connectionView({ ...state, status: 'disconnected', reason: 'notYetAuthorized' }, false, 'briefly'),
    ).toMatchObject({ words: 'Getting access ready', stopped: false });
  });

  it('tells connecting from reconnecting', () => {
    const connecting = { ...state, status: 'connecting', reason: 'retrying' } as const;
    expect(connectionView(connecting, false, 'briefly').words).toBe('Connecting');
    expect(connectionView(connecting, true, 'briefly').words).toBe('Reconnecting');
  });

  it('names the missing network', () => {
    expect(
      connectionView({ ...state, status: 'disconnected', reason: 'offline' }, true, 'briefly').words,
    ).toBe('Offline');
  });

  it('asks the person to act when the client has stopped', () => {
    expect(
      connectionView({ ...state, status: 'failed', reason: 'credentialsDenied' }, true, 'briefly'),
    ).toMatchObject({
      words: 'Session ended',
      stopped: true,
    });
    expect(connectionView({ ...state, status: 'failed', reason: 'denied' }, true, 'briefly')).toMatchObject({
      words: 'No access',
      stopped: true,
    });
  });

  it('says until when what is shown was current, and that the sandbox is gone', () => {
    const away = { ...state, status: 'disconnected', reason: 'connectionLost' } as const;
    const asOf = new Date(2026, 10, 3, 14, 57).toISOString();
    expect(connectionView({ ...away, asOf }, true, 'briefly')).toMatchObject({
      words: 'Reconnecting',
      detail: '',
    });
    expect(connectionView({ ...away, asOf }, true, 'long').detail).toMatch(
      /^The connection is lost\. .* as of 3 Nov|Nov 3/,
    );
    const gone = connectionView({ ...away, asOf: new Date().toISOString() }, true, 'gone');
    expect(gone.words).toBe('Sandbox gone');
    expect(gone.detail).toMatch(/does not answer\. What you see is as of \d\d:\d\d.*npm start/);
    expect(connectionView({ ...state, status: 'connecting', reason: 'retrying' }, true, 'gone').words).toBe(
      'Sandbox gone',
    );
  });
});
