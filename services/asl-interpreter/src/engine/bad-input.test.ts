import { describe, expect, it } from 'vitest';
import { sandbox } from '../testing/harness.ts';
import { MAX_HISTORY_EVENTS } from './history.ts';

const pass = (fields: object) => ({ Type: 'Pass', ...fields });
/** Goes round for ever. */
const loop = (fields: object = {}) => ({
  StartAt: 'A',
  States: {
    A: pass({ ...fields, Next: 'B' }),
    B: { Type: 'Choice', Choices: [{ Variable: '$', IsPresent: false, Next: 'Z' }], Default: 'A' },
    Z: { Type: 'Succeed' },
  },
});
const full = {
  status: 'FAILED',
  error: 'States.Runtime',
  cause: `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
};

describe('an execution', () => {
  it('of 10,000 states runs to its end', async () => {
    const States = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `S${index}`,
        pass(index === 9_999 ? { End: true } : { Next: `S${index + 1}` }),
      ]),
    );
    const { status, events } = await sandbox().run({ StartAt: 'S0', States });
    expect(status).toBe('SUCCEEDED');
    expect(events).toHaveLength(20_002);
  });

  it.each([
    ['a branch', { Type: 'Parallel', Branches: [loop(), loop()], End: true }, {}],
    ['an iteration', { Type: 'Map', ItemProcessor: loop(), End: true }, [1, 2]],
  ])('with an endless loop in %s ends at the limit of events', async (_where, state, input) => {
    const one = sandbox();
    const result = await one.run({ StartAt: 'S', States: { S: state } }, input);
    expect(result).toMatchObject(full);
    expect(result.events).toHaveLength(MAX_HISTORY_EVENTS);
    expect(one.errors).toEqual([]);
    expect(one.time.pendingDelays()).toEqual([]);
  });

  it('that nests its data deeper and deeper fails with a clear line, not with the stack', async () => {
    const one = sandbox();
    const result = await one.run(loop({ Parameters: { 'a.$': '$' } }), {});
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: expect.stringMatching(/nested deeper than 1000 levels|maximum number of history events/),
    });
    expect(one.errors).toEqual([]);
  });

  it('whose data grow ends at the limit of their size', async () => {
    const result = await sandbox().run(loop({ Parameters: { 'a.$': '$', 'b.$': '$' } }), {
      x: 'x'.repeat(99),
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('that parses text into data that are too deep fails', async () => {
    const deep = `${'['.repeat(1_500)}${']'.repeat(1_500)}`;
    const state = pass({ Parameters: { 'x.$': 'States.StringToJson($.t)' }, End: true });
    expect(await sandbox().run({ StartAt: 'S', States: { S: state } }, { t: deep })).toMatchObject({
      status: 'FAILED',
      error: 'States.IntrinsicFailure',
    });
  });

  it('of machines within machines, 150 deep, runs', async () => {
    let machine: object = { StartAt: 'L', States: { L: { Type: 'Succeed' } } };
    for (let level = 0; level < 150; level += 1)
      machine = { StartAt: 'P', States: { P: { Type: 'Parallel', Branches: [machine], End: true } } };
    const { status, events } = await sandbox().run(machine);
    expect(status).toBe('SUCCEEDED');
    expect(events).toHaveLength(2 + 2 + 150 * 4);
  });
});
