import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexDigest } from '@stepcast/kit';
import { compilePolicy, evaluate, OPERATOR_ROLE_NAME, operatorPolicy } from '@stepcast/policies';
import type { Sandbox } from '@stepcast/sandbox';
import { TOKEN_HEADER } from '@stepcast/wire';
import * as z from 'zod';
import { createOperationsWorld, type OperationsWorld } from '../../support/operations-world.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { until } from './rebuilding.ts';

/** The commands whose documents docs/operations/ops-page.md puts together. */
const COMMANDS = ['lookup', 'stats', 'parked', 'quarantine', 'dead-letters', 'replay', 'audit'] as const;
/** What AWS decides and the sandbox has not, or what only a deployment asks. */
const ONLY_IN_AWS = /^cloudwatch:|^sqs:(GetQueueUrl|ChangeMessageVisibility)$|^iot:DescribeEndpoint$/;

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly context: Parameters<typeof evaluate>[1]['context'];
}

const asked: Asked[] = [];
let sandbox: Sandbox;
let world: OperationsWorld;

beforeAll(async () => {
  sandbox = await startTestSandbox({
    argv: [
      '--definition',
      'services/sandbox/examples/word-count.asl.json',
      '--handlers',
      'services/sandbox/examples/word-count-handlers.mjs',
    ],
  });
  const { authorizer } = sandbox.access;
  const decide = authorizer.authorize.bind(authorizer);
  authorizer.authorize = (request) => {
    const { principal, action, resource, context } = request;
    if (principal.kind === 'service' && principal.roleName === OPERATOR_ROLE_NAME)
      asked.push({ action, resource, context });
    return decide(request);
  };
  world = await createOperationsWorld(sandbox);
});
afterAll(() => sandbox.stop());

async function call(path: string, change?: object): Promise<unknown> {
  const response = await fetch(`${sandbox.url}/ops/api${path}`, {
    method: change === undefined ? 'GET' : 'POST',
    headers: { [TOKEN_HEADER]: sandbox.token, 'content-type': 'application/json' },
    ...(change === undefined ? {} : { body: JSON.stringify(change) }),
  });
  const reply: unknown = await response.json();
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(reply)}`);
  return reply;
}

const Stats = z.object({
  waiting: z.object({
    watched: z.object({ executions: z.number() }),
    parked: z.object({ records: z.number() }),
  }),
  deadLetters: z.array(z.unknown()),
});
const Step = z.object({ cursor: z.unknown(), finished: z.boolean(), stopped: z.unknown() });

describe('the rights of the operators’ page', () => {
  it('are those of the document that its page prints: it asks for nothing else, and has nothing that it does not ask for', async () => {
    const upload = await world.upload('rights.txt');
    const parked = await world.park('parked-1');
    const contested = await world.quarantine('contested', 'a test');
    await world.sendNoEvent();
    await until('something parked, and a dead letter', async () => {
      const { waiting, deadLetters } = Stats.parse(await call('/stats'));
      return waiting.parked.records >= 2 && deadLetters.length > 0;
    });
    for (const path of [
      '/session',
      '/stats',
      '/stats?quick=1',
      '/history',
      '/streams',
      `/lookup?what=${upload.uploadId}`,
      `/lookup?what=${upload.uploadId.slice(0, 9)}`,
      '/parked',
      '/quarantine',
      '/dead-letters',
      '/audit',
    ])
      await call(path);
    await call('/parked', { action: 'retry', executions: [parked] });
    await call('/quarantine', { action: 'release', executions: [contested], reason: 'a test' });
    await world.quarantine('contested-too', 'a test');
    await call('/quarantine', {
      action: 'drop',
      executions: [hexDigest('arn:aws:states:us-east-1:111122223333:execution:Foreign:contested-too')],
      reason: 'a test',
    });
    await call('/dead-letters', { action: 'retry', code: 'CORRELATOR_UPLOAD_INVALID' });
    const plan = z
      .object({ selection: z.unknown() })
      .parse(await call('/replay/plan', { what: upload.uploadId }));
    // A step has a time limit: on a busy machine the replay takes several, as on the page.
    let step: z.infer<typeof Step> = { cursor: null, finished: false, stopped: null };
    while (!step.finished && step.stopped === null)
      step = Step.parse(
        await call('/replay/step', { selection: plan.selection, cursor: step.cursor, rate: 100 }),
      );
    expect(step.stopped).toBeNull();
    await call('/replay/stop', { selection: plan.selection, cursor: step.cursor });

    const { region, accountId, bucket } = sandbox.info;
    const document = operatorPolicy(
      { partition: 'aws', region, accountId, bucket, stateMachineNames: ['MyWorkflow'] },
      COMMANDS,
    );
    const identity = [compilePolicy(document)];
    const refused = asked.filter((request) => !evaluate({ identity }, request).allowed);
    expect(refused).toEqual([]);
    const used = new Set(asked.map(({ action }) => action));
    const idle = document.Statement.flatMap(({ Action = [] }) => Action).filter(
      (action) => !used.has(action) && !ONLY_IN_AWS.test(action),
    );
    expect(idle).toEqual([]);
  });
});
