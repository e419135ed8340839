import { isError } from '@stepcast/kit';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { functionNameOf, handlersOf, functionsWithoutHandler, parseDefinition } from './user-workflow.ts';

const machine = (resource: string) =>
  JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Task', Resource: resource, End: true } } });

describe('parseDefinition', () => {
  it.each([
    ['a missing comma', '{\n  "StartAt": "A"\n  "States": {}\n}', 'line 3, column 3'],
    ['a text that ends too early', '{\n  "StartAt": "A",', 'line 2, column 18'],
    ['a comma too many', '{"a": [1,]}', 'line 1, column 10'],
  ])('says where %s breaks the JSON', (_what, text, place) => {
    expect(() => parseDefinition(text, 'my.asl.json')).toThrow(
      `my.asl.json is not JSON: it breaks at ${place}`,
    );
  });

  it('says what is missing from JSON that is no state machine', () => {
    expect(() => parseDefinition('{"StartAt": "A"}', 'my.asl.json')).toThrow(
      /my\.asl\.json is no state machine: \$\.States: .*needs "StartAt" and "States"/,
    );
    expect(() => parseDefinition('[]', 'my.asl.json')).toThrow('is no state machine');
    expect(() => parseDefinition(' \n', 'my.asl.json')).toThrow('my.asl.json is empty');
  });

  it('takes a file with a byte order mark', () => {
    expect(parseDefinition(`\uFEFF${machine('x')}`, 'f')).toHaveProperty('StartAt', 'A');
  });

  it('answers any text with a definition or with its own error, never another', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        let code: unknown = 'none';
        try {
          parseDefinition(text, 'f');
        } catch (error) {
          code = isError(error) && 'code' in error ? error.code : error;
        }
        expect(['none', 'WORKFLOW_USER_FILES']).toContain(code);
      }),
    );
  });
});

describe('functionNameOf', () => {
  it.each([
    ['resize', 'resize'],
    ['resize:live', 'resize'],
    ['arn:aws:lambda:us-east-1:111122223333:function:resize', 'resize'],
    ['arn:aws:lambda:us-east-1:111122223333:function:resize:7', 'resize'],
    ['111122223333:function:resize', 'resize'],
  ])('takes %s as %s', (text, name) => {
    expect(functionNameOf(text)).toBe(name);
  });
});

describe('handlersOf', () => {
  const work = () => Promise.resolve(1);

  it.each([
    ['the default export', { default: { work } }],
    ['the export "handlers"', { handlers: { work } }],
    ['the named exports', { work }],
  ])('takes the functions of %s', (_what, module) => {
    expect(handlersOf(module, 'f')).toEqual({ work });
  });

  it.each([
    ['a handler that is no function', { default: { work, size: 7 } }, '"size" is of type number'],
    ['a null handler', { default: { work: null } }, '"work" is null'],
    ['a default export that is no object', { default: 7 }, 'its default export is of type number'],
    ['a list', { handlers: [work] }, 'its export "handlers" is an array'],
    ['no handler at all', {}, 'exports no handler'],
  ])('refuses %s', (_what, module, message) => {
    expect(() => handlersOf(module, 'my-handlers.mjs')).toThrow(message);
    expect(() => handlersOf(module, 'my-handlers.mjs')).toThrow('my-handlers.mjs');
  });
});

describe('functionsWithoutHandler', () => {
  const handlers = ['other'];

  it('names every function that the handlers lack, wherever it is called', () => {
    const inner = {
      StartAt: 'B',
      States: {
        B: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: { FunctionName: 'shrink:live' },
          End: true,
        },
      },
    };
    const text = JSON.stringify({
      StartAt: 'P',
      States: {
        P: { Type: 'Parallel', Branches: [inner], Next: 'M' },
        M: { Type: 'Map', ItemProcessor: inner, Next: 'T' },
        T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:111122223333:function:grow', End: true },
      },
    });
    expect(functionsWithoutHandler({ text, file: 'd.json' }, handlers)).toEqual([
      { name: 'shrink', path: '$.States["P"].Branches[0].States["B"].Parameters.FunctionName' },
      { name: 'shrink', path: '$.States["M"].ItemProcessor.States["B"].Parameters.FunctionName' },
      { name: 'grow', path: '$.States["T"].Resource' },
    ]);
  });

  it('does not take what every object has for a handler', () => {
    const text = machine('arn:aws:lambda:us-east-1:111122223333:function:toString');
    expect(functionsWithoutHandler({ text, file: 'd.json' }, handlers)).toMatchObject([{ name: 'toString' }]);
  });

  it('leaves other resources out', () => {
    const text = machine('arn:aws:states:::sqs:sendMessage');
    expect(functionsWithoutHandler({ text, file: 'd.json' }, handlers)).toEqual([]);
  });
});
