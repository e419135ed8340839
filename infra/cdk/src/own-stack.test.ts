import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LEAST_OWN, synthesize, VARIANTS } from './testing/index.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});
const read = (...path: readonly string[]) => readFileSync(join(import.meta.dirname, ...path), 'utf8');
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

describe('a stack of somebody’s own', () => {
  const template = synthesized.template(LEAST_OWN);

  it('is what the README shows, in about ten lines', () => {
    const shown = /```ts\n([\s\S]*?)```/.exec(read('..', 'README.md'))?.[1] ?? '';
    const source = read('testing', 'own-stack.ts');
    const constructor = /super\(scope, id\);\n([\s\S]*?)\n {2}\}/.exec(source)?.[1] ?? '';
    expect(linesOf(shown)).toEqual(linesOf(constructor));
    expect(linesOf(shown).length).toBeLessThanOrEqual(10);
  });

  it('watches its own state machine, whose name only the deployment knows', () => {
    const machine = template.one('AWS::StepFunctions::StateMachine');
    expect(machine['LoggingConfiguration']).toMatchObject({ Level: 'ALL', IncludeExecutionData: true });
    expect(template.one('AWS::Logs::SubscriptionFilter')).toMatchObject({
      LogGroupName: '/aws/vendedlogs/states/ours-Logs',
      FilterName: 'stepcast-forwarder',
    });
    const rule = template.one('AWS::Events::Rule', { Name: 'stepcast-status' });
    expect(JSON.stringify(rule['EventPattern'])).toContain(':stateMachine:');
  });

  it('is as whole as a stack of Stepcast’s own: the same kinds of resources, and the state machine’s', () => {
    const types = (of: typeof template) => new Set(of.all().map(({ type }) => type));
    const extra = [...types(template)].filter((type) => !types(synthesized.template('plain')).has(type));
    expect(extra).toEqual(expect.arrayContaining(['AWS::StepFunctions::StateMachine']));
    const lacking = [...types(synthesized.template('plain'))].filter((type) => !types(template).has(type));
    expect(lacking).toEqual([]);
  });
});
