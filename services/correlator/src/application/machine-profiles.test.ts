import { describe, expect, it } from 'vitest';
import { ManualTime } from '@stepcast/kit/testing';
import { ARN, expressArnOf, MACHINE_ARN } from '../testing/correlation-bench.ts';
import { machine, state } from '../testing/course.ts';
import { FakeDirectory } from '../testing/fake-step-functions.ts';
import { InMemoryMachineStore } from '../testing/in-memory-stores.ts';
import { MachineProfiles } from './machine-profiles.ts';

function createBench() {
  const clock = new ManualTime();
  const directory = new FakeDirectory();
  const store = new InMemoryMachineStore();
  directory.machines.set(MACHINE_ARN, { machine: machine({ Only: state('Task') }), logLevel: 'ALL' });
  return { clock, directory, store, profiles: new MachineProfiles({ directory, store, clock }) };
}

describe('the profile of a state machine', () => {
  it('is the same object while nothing has changed (it once was a new one for each batch)', async () => {
    const { profiles } = createBench();
    await profiles.describe(ARN);
    const { profile } = profiles.peek(ARN);
    expect(profile).toBeDefined();
    expect(profiles.peek(ARN).profile).toBe(profile);
    profiles.observe(ARN, [{ name: 'Only', durationMs: 10 }]);
    expect(profiles.peek(ARN).profile).toBe(profile);
    await profiles.saveDurations(MACHINE_ARN);
    expect(profiles.peek(ARN).profile).not.toBe(profile);
    expect(profiles.peek(ARN).profile?.durations).toEqual(new Map([['Only', 10]]));
  });

  it('has durations saved once in ten seconds, however many runs teach them', async () => {
    const { profiles, clock } = createBench();
    await profiles.describe(ARN);
    const observed = () => profiles.observe(ARN, [{ name: 'Only', durationMs: 10 }]);
    const save = { kind: 'saveDurations', machineArn: MACHINE_ARN, afterMs: 10_000 };
    expect([observed(), observed()]).toEqual([[save], []]);
    await clock.advance(9_999);
    await profiles.saveDurations(MACHINE_ARN);
    expect(observed()).toEqual([]);
    await clock.advance(1);
    expect(observed()).toEqual([save]);
  });

  it('is asked for in the background, and again after five minutes', async () => {
    const { profiles, clock, directory } = createBench();
    const asked = { kind: 'describeMachine', machineArn: MACHINE_ARN, executionArn: ARN, afterMs: 0 };
    expect(profiles.peek(ARN)).toEqual({ profile: undefined, sparse: false, followUps: [asked] });
    await Promise.all([profiles.describe(ARN), profiles.describe(ARN)]);
    expect(profiles.peek(ARN).followUps).toEqual([]);
    expect(directory.asked).toEqual([`machineOf ${ARN}`]);
    await clock.advance(5 * 60_000);
    expect(profiles.peek(ARN)).toMatchObject({ profile: expect.anything(), followUps: [asked] });
  });

  it('says that levels ERROR and FATAL leave records out', async () => {
    const { profiles, directory } = createBench();
    directory.machines.set(MACHINE_ARN, { machine: undefined, logLevel: 'FATAL' });
    await profiles.describe(ARN);
    expect(profiles.peek(ARN)).toEqual({ profile: undefined, sparse: true, followUps: [] });
  });

  it('is not asked for of Express executions, which Step Functions does not know', async () => {
    const { profiles, directory } = createBench();
    await profiles.describe(expressArnOf('one'));
    expect(directory.asked).toEqual([]);
  });
});
