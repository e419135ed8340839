import { describe, expect, it } from 'vitest';
import { DEAD_LETTER_CODES, letterOfError } from './codes.ts';

const failing = (code: unknown) => Object.assign(new Error('it failed'), { code });

describe('what a letter says of an error', () => {
  it('is its own code, where letters have it', () => {
    for (const code of DEAD_LETTER_CODES)
      expect(letterOfError(failing(code), 'FORWARDER_FAILED')).toEqual({ code, reason: 'it failed' });
  });

  it('is never a code without a section in the runbook: such a one stands in the reason', () => {
    for (const code of ['KIT_QUEUE_SEND_FAILED', 'CORRELATOR_FEED_EVENTS', 'toString', ''])
      expect(letterOfError(failing(code), 'CORRELATOR_RETRIES_EXHAUSTED')).toEqual({
        code: 'CORRELATOR_RETRIES_EXHAUSTED',
        reason: `${code}: it failed`,
      });
  });

  it('is its message alone, where it has no code', () => {
    for (const thrown of [new Error('it failed'), failing(7), 'it failed'])
      expect(letterOfError(thrown, 'FORWARDER_FAILED')).toEqual({
        code: 'FORWARDER_FAILED',
        reason: 'it failed',
      });
  });
});
