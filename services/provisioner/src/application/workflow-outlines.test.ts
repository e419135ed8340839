import { describe, expect, it } from 'vitest';
import { IdentityId, MAX_OUTLINE_BYTES, type ProvisionReply } from '@stepcast/contracts';
import { silentLogger, type Timers } from '@stepcast/kit';
import { DirectoryUnavailableError } from '../errors.ts';
import { createWorkflowOutlines } from './workflow-outlines.ts';

const reply: ProvisionReply = {
  status: 'ready',
  identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
};
const definition = (state: string, many = 1) =>
  JSON.stringify({
    Comment: 'canary-comment',
    StartAt: state,
    States: Object.fromEntries(
      Array.from({ length: many }, (_, index) => [
        index === 0 ? state : `${state} ${index}`,
        { Type: 'Task', Resource: 'arn:canary', Parameters: { a: 'canary' }, End: true },
      ]),
    ),
  });

function world(answers: Readonly<Record<string, string | Error | Promise<string>>>) {
  let nowMs = 0;
  let fire = (): void => undefined;
  const asked: string[] = [];
  const logged: object[] = [];
  const timers: Timers = {
    after: (_ms, callback) => {
      fire = callback;
      return () => undefined;
    },
  };
  const add = createWorkflowOutlines({
    definitions: {
      definitionOf: async (name) => {
        asked.push(name);
        const answer = await answers[name];
        if (typeof answer !== 'string') throw answer ?? new Error('unknown');
        return answer;
      },
    },
    names: Object.keys(answers),
    clock: { nowMs: () => nowMs },
    timers,
    logger: { ...silentLogger, warn: (fields) => logged.push(fields) },
  });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { add, asked, logged, pass, late: () => fire() };
}

describe('the outlines of the workflows in a reply', () => {
  it('are names, types and edges, and nothing else of a definition', async () => {
    const shown = await world({ Photos: definition('Check') }).add(reply);
    expect(shown).toEqual({
      ...reply,
      workflows: [{ name: 'Photos', states: [{ name: 'Check', type: 'Task', start: true }] }],
    });
    expect(JSON.stringify(shown)).not.toContain('canary');
  });

  it('are neither asked for nor in the reply where no workflow is to be shown', async () => {
    const { add, asked } = world({});
    await expect(add(reply)).resolves.toEqual(reply);
    expect(asked).toEqual([]);
  });

  it('are asked for once in five minutes, by many people at the same time too', async () => {
    const { add, asked, pass } = world({ Photos: definition('Check') });
    await Promise.all([add(reply), add(reply)]);
    pass(299_999);
    await add(reply);
    expect(asked).toHaveLength(1);
    pass(1);
    await add(reply);
    expect(asked).toHaveLength(2);
  });

  it('lack the workflow that cannot be read, which is asked for again after a minute', async () => {
    const refused = new DirectoryUnavailableError('DescribeStateMachine');
    const { add, asked, logged, pass } = world({ Gone: refused, Photos: definition('Check') });
    await expect(add(reply)).resolves.toMatchObject({ workflows: [{ name: 'Photos' }] });
    expect(logged).toMatchObject([{ stateMachine: 'Gone' }]);
    pass(60_000);
    await add(reply);
    expect(asked).toHaveLength(4);
  });

  it('lack what is no definition, and say why', async () => {
    const { add, logged } = world({ Photos: 'not JSON' });
    await expect(add(reply)).resolves.toEqual(reply);
    expect(logged).toMatchObject([{ reason: expect.stringContaining('not a definition') }]);
  });

  it('stay within 64 KB together', async () => {
    const { add, logged } = world({
      One: definition('Check', 1_200),
      Two: definition('Check', 1_200),
      Three: definition('Check'),
    });
    const { workflows = [] } = await add(reply);
    expect(workflows.map(({ name }) => name)).toEqual(['One', 'Three']);
    expect(Buffer.byteLength(JSON.stringify(workflows))).toBeLessThan(MAX_OUTLINE_BYTES + 1_024);
    expect(logged).toMatchObject([{ stateMachine: 'Two', reason: expect.stringContaining('larger than') }]);
  });

  it('are no reason to wait long: a reply goes without them, and the next has them', async () => {
    const definitionLater = Promise.withResolvers<string>();
    const { add, late } = world({ Photos: definitionLater.promise });
    const first = add(reply);
    late();
    await expect(first).resolves.toEqual(reply);
    definitionLater.resolve(definition('Check'));
    await expect(add(reply)).resolves.toMatchObject({ workflows: [{ name: 'Photos' }] });
  });
});
