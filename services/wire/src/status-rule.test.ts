import { describe, expect, it } from 'vitest';
import { FULL_LOGGING, neededStatuses, type WorkflowLogging } from './status-rule.ts';

const ENDS = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
const wantsStart = (startMode: 'managed' | 'observed', logging: WorkflowLogging) =>
  neededStatuses(startMode, logging).includes('RUNNING');

describe('the rule of status events', () => {
  it('brings ends alone where the log says the start and who the owner is', () => {
    expect(neededStatuses('observed', FULL_LOGGING)).toEqual(ENDS);
    expect(neededStatuses('managed', FULL_LOGGING)).toEqual(ENDS);
  });

  it.each(['ERROR', 'FATAL', 'OFF'] as const)('brings starts at level %s, in both modes', (level) => {
    expect(wantsStart('observed', { level, executionData: true })).toBe(true);
    expect(wantsStart('managed', { level, executionData: true })).toBe(true);
  });

  it('brings starts without execution data where the input alone names the owner', () => {
    expect(wantsStart('observed', { level: 'ALL', executionData: false })).toBe(true);
    expect(wantsStart('managed', { level: 'ALL', executionData: false })).toBe(false);
  });

  it('brings every end whatever is logged', () => {
    for (const level of ['ALL', 'ERROR', 'FATAL', 'OFF'] as const)
      expect(neededStatuses('observed', { level, executionData: false })).toEqual(
        expect.arrayContaining(ENDS),
      );
  });
});
