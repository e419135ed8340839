import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseValue } from './json.ts';
import { WorkflowOutline } from './outline.ts';
import { MAX_OUTLINE_BYTES, outlineOf } from './outline-of.ts';

const SECRET = 'canary-7c1f';

/** Every field of Amazon States Language that may hold what is nobody's business. */
const secrets = {
  Comment: SECRET,
  Resource: `arn:aws:lambda:us-east-1:111122223333:function:${SECRET}`,
  Parameters: { password: SECRET },
  Arguments: { password: SECRET },
  Assign: { [SECRET]: SECRET },
  Output: SECRET,
  Result: { Next: SECRET },
  ResultPath: SECRET,
  ItemsPath: SECRET,
  ItemReader: { Resource: SECRET },
  Credentials: { RoleArn: SECRET },
  Error: SECRET,
  Cause: SECRET,
  Retry: [{ ErrorEquals: [SECRET], Next: SECRET }],
  [SECRET]: SECRET,
};

const definition = {
  ...secrets,
  StartAt: 'Check',
  States: {
    Check: {
      ...secrets,
      Type: 'Task',
      Next: 'Large?',
      Catch: [
        { ErrorEquals: [SECRET], Next: 'Refused', Comment: SECRET },
        { ErrorEquals: ['States.ALL'], Next: 'Refused' },
      ],
    },
    'Large?': {
      ...secrets,
      Type: 'Choice',
      Choices: [
        { ...secrets, Variable: SECRET, NumericEquals: 4, Next: 'Both' },
        { Condition: SECRET, Next: 'Tiles' },
      ],
      Default: 'Tiles',
    },
    Both: {
      ...secrets,
      Type: 'Parallel',
      Next: 'Tiles',
      Branches: [
        { ...secrets, StartAt: 'Resize', States: { Resize: { ...secrets, Type: 'Task', End: true } } },
        { StartAt: 'Colours', States: { Colours: { Type: 'Pass', End: true } } },
      ],
    },
    Tiles: {
      ...secrets,
      Type: 'Map',
      End: true,
      ItemProcessor: {
        ProcessorConfig: { Mode: SECRET },
        StartAt: 'Look',
        States: { Look: { ...secrets, Type: SECRET, End: true } },
      },
    },
    Refused: { ...secrets, Type: 'Fail' },
  },
};

describe('the outline of a definition', () => {
  it('has names, types and edges, with what is inside of what', () => {
    expect(outlineOf(definition)).toEqual({
      ok: true,
      outline: {
        states: [
          { name: 'Check', type: 'Task', start: true, next: ['Large?'], caught: ['Refused'] },
          { name: 'Large?', type: 'Choice', next: ['Both', 'Tiles'] },
          { name: 'Both', type: 'Parallel', next: ['Tiles'] },
          { name: 'Resize', type: 'Task', start: true, inside: 'Both', branch: 0 },
          { name: 'Colours', type: 'Pass', start: true, inside: 'Both', branch: 1 },
          { name: 'Tiles', type: 'Map' },
          { name: 'Look', type: 'Unknown', start: true, inside: 'Tiles' },
          { name: 'Refused', type: 'Fail' },
        ],
      },
    });
  });

  it('lets nothing else of the definition through', () => {
    expect(JSON.stringify(outlineOf(definition))).not.toContain(SECRET);
  });

  it('reads a Map of the older form', () => {
    const States = { M: { Type: 'Map', Iterator: { StartAt: 'In', States: { In: { Type: 'Pass' } } } } };
    expect(outlineOf({ StartAt: 'M', States })).toMatchObject({
      outline: { states: [{ name: 'M' }, { name: 'In', inside: 'M' }] },
    });
  });

  it('takes any value, and what it gives has the shape of the contract', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), definitions), (value) => {
        const result = outlineOf(value);
        if (result.ok) expect(parseValue(WorkflowOutline, result.outline)).toMatchObject({ ok: true });
        else expect(result.reason).not.toBe('');
      }),
    );
  });

  it('refuses 10,000 states, and says why without naming any', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `${SECRET} ${index}`);
    const States = Object.fromEntries(names.map((name) => [name, { Type: 'Pass', End: true }]));
    expect(outlineOf({ StartAt: names[0], States })).toEqual({
      ok: false,
      reason: `the outline of the definition is larger than ${MAX_OUTLINE_BYTES} bytes`,
    });
  });

  it('refuses what is nested without end', () => {
    const inner: Record<string, unknown> = { StartAt: 'M', States: {} };
    inner['States'] = { M: { Type: 'Map', ItemProcessor: inner } };
    expect(outlineOf(inner)).toMatchObject({ ok: false });
  });

  it('refuses two states of one name: edges would lead anywhere', () => {
    const States = { M: { Type: 'Map', ItemProcessor: { StartAt: 'M', States: { M: { Type: 'Pass' } } } } };
    expect(outlineOf({ StartAt: 'M', States })).toMatchObject({ ok: false });
  });
});

const rarely = (deeper: fc.Arbitrary<unknown>) =>
  fc.oneof({ maxDepth: 2, depthIdentifier: 'scopes' }, fc.constant(undefined), deeper);

const definitions: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  scope: fc.record({
    StartAt: fc.string(),
    States: fc.dictionary(fc.string(), tie('state'), { maxKeys: 3 }),
  }),
  state: fc.record({
    Type: fc.constantFrom('Task', 'Map', 'Parallel', 'Choice', 7),
    Next: fc.oneof(fc.string(), fc.integer()),
    Choices: fc.array(fc.record({ Next: fc.string() }), { maxLength: 2 }),
    Catch: fc.oneof(fc.string(), fc.array(fc.record({ Next: fc.string() }), { maxLength: 2 })),
    Branches: fc.tuple(rarely(tie('scope'))),
    ItemProcessor: rarely(tie('scope')),
  }),
})).scope;
