import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseJson } from '@stepcast/contracts';
import { validateDefinition } from '@stepcast/asl-interpreter';
import { prepareDefinition } from './prepare-definition.ts';

const machine = z.object({ States: z.record(z.string(), z.record(z.string(), z.unknown())) });
function prepare(definition: object | string) {
  const source = typeof definition === 'string' ? definition : JSON.stringify(definition);
  const prepared = prepareDefinition(source, { region: 'us-east-1', accountId: '111122223333' });
  const parsed = parseJson(machine, prepared.text);
  return {
    ...prepared,
    isValid: validateDefinition(prepared.text).ok,
    states: parsed.ok ? parsed.value.States : {},
  };
}

describe('a placeholder', () => {
  it.each(['${Retries}', '{{ retries }}', '[${Retries}]', '["${Retries}"]', '["{{ retries }}"]'])(
    'was refused: retriers as a placeholder that JSON has no quotes for, or as part of a list: %s',
    (retriers) => {
      const parameters = '{ "Retry": 5, "Subnets": ${Subnets}, "Ids": [${Id}] }';
      const { isValid, warnings, states, placeholders } = prepare(
        `{ "StartAt": "S", "States": { "S": { "Type": "Task", "Resource": "\${F}", "Retry": ${retriers},
           "TimeoutSeconds": \${Most}, "Parameters": ${parameters}, "Catch": \${Catchers}, "End": true } } }`,
      );
      expect({ isValid, warnings }).toEqual({ isValid: true, warnings: [] });
      expect(states.S).toMatchObject({
        Retry: [],
        Catch: [],
        TimeoutSeconds: 1,
        Parameters: { Retry: 5, Subnets: 1, Ids: [1] },
      });
      expect([...placeholders].sort()).toEqual(
        ['Catchers', 'F', 'Id', 'Most', 'Subnets', /\w+/.exec(retriers)?.[0]].sort(),
      );
    },
  );

  it.each([
    ['{% $millis() + ${Ms} %}', '{% $millis() + 1 %}'],
    ['{% \'a/${Ms}\' & "${Ms}" & $string(${Ms}) %}', '{% \'a/Ms\' & "Ms" & $string(1) %}'],
    ['{% $states.input.${Ms} + ${Ms}.a %}', '{% $states.input.Ms + Ms.a %}'],
    ['${Ms} of it', 'Ms of it'],
  ])('was nothing: a placeholder that is a number of JSONata, %s', (text, filled) => {
    const { states, placeholders } = prepare({
      QueryLanguage: 'JSONata',
      StartAt: 'S',
      States: { S: { Type: 'Pass', Output: text, End: true } },
    });
    expect(states.S?.Output).toBe(filled);
    expect(placeholders).toEqual(['Ms']);
  });
});
