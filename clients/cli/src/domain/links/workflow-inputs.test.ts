import { describe, expect, it } from 'vitest';
import { known, unavailable, type Chain } from '../evidence.ts';
import type { JudgedInput } from '../inputs/judge-inputs.ts';
import type { Setup } from '../setup.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import { found, healthyChain, healthyMachine, healthySetup } from '../../testing/fixtures.ts';
import { workflowInputs } from './workflow-inputs.ts';

const path = (index: number): JudgedInput => ({ kind: 'path', index });
const lost = (suggestion?: Extract<JudgedInput, { kind: 'nothing' }>['suggestion']): JudgedInput => ({
  kind: 'nothing',
  suggestion,
});
const check = (judged: readonly JudgedInput[], setup: Partial<Setup> = {}, chain: Partial<Chain> = {}) =>
  workflowInputs.check(
    { ...healthySetup, ...setup },
    { ...healthyChain, recentInputs: known({ judged, withoutInput: 0 }), ...chain },
  );
const paths = [{ uri: 'at' }, { bucket: 'b', key: 'k' }];

describe('workflow.inputs', () => {
  it('passes where every input names its upload, and says which path found it in how many', () => {
    const found = check([path(1), path(1), { kind: 'shape', shape: 'eventBridge' }, { kind: 'parent' }], {
      inputPaths: paths,
    });
    expect(found).toMatchObject({
      verdict: 'pass',
      evidence: [
        '4 of the newest 4 executions name their upload',
        'path 1, {"uri":"at"}: found in none',
        'path 2, {"bucket":"b","key":"k"}: found in 2',
        'without a path, as eventBridge: 1',
        'through the execution that started them: 1',
      ],
    });
  });

  it('warns where some do not, and fails where none does, with the setting that finds them', () => {
    const some = check([path(0), lost({ uri: 'there' }), lost({ uri: 'there' }), lost()], {
      inputPaths: [{ uri: 'at' }],
    });
    expect(some).toMatchObject({
      verdict: 'warn',
      repair: [
        '# {"uri":"there"} finds the upload in 2 of them',
        '# in the settings of the deployment (STEPCAST_OWNERSHIP_INPUT_PATHS elsewhere):',
        '#   "ownership": {"inputPaths":[{"uri":"at"},{"uri":"there"}]}',
        `# 1 input holds no key of an upload to ${healthySetup.bucket ?? ''}: if an upload started it, let its key into the input`,
      ],
    });
    expectBroken('workflow.inputs', {
      chain: { recentInputs: known({ judged: [lost({ uri: 'there' })], withoutInput: 0 }) },
      says: /^0 of the newest 1 execution name their upload/,
      repair: /"uri":"there"/,
      mends: false,
    });
  });

  it('is not checked without executions, rights, or a history to read', () => {
    expect(check([])).toMatchObject({
      verdict: 'couldNotCheck',
      evidence: ['the state machine has no executions yet'],
    });
    const refused = 'states:DescribeExecution: not allowed to look';
    expect(check([], {}, { recentInputs: unavailable(refused) }).evidence).toEqual([refused]);
    const express = check([lost()], {}, { stateMachine: found({ ...healthyMachine, type: 'EXPRESS' }) });
    expect(express).toMatchObject({ verdict: 'couldNotCheck' });
    expect(check([lost()], { inputPaths: undefined }).evidence[0]).toContain('--input-paths');
    const hidden = known({ judged: [], withoutInput: 3 });
    expect(check([], {}, { recentInputs: hidden }).evidence[0]).toContain('no input of the newest 3');
  });

  it('is part of observed mode only', () => {
    expect(workflowInputs.skip?.({ ...healthySetup, isObserved: false })).toContain('--observed');
    expect(workflowInputs.skip?.(healthySetup)).toBeUndefined();
  });
});
