import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOfValue } from '@stepcast/asl-interpreter';
import { sandbox } from '@stepcast/asl-interpreter/testing';
import { compareAll, differenceOf } from '../../histories/compare.ts';
import { corpus } from '../../histories/corpus/index.ts';
import { motoAt } from '../../histories/interpreters.ts';
import { startMiniStack } from '../../support/ministack.ts';
import { startMoto } from '../../support/moto.ts';
import { reportNotRun, reportUsed } from '../../support/not-run.ts';
import { ToolUnavailable, type RunningServer } from '../../support/tool-cache.ts';
import { samples, type Sample } from './definitions.ts';

/** What both interpreters say of one execution: MiniStack records neither previous ids nor what is inside a Map or Parallel. */
interface Recorded {
  readonly status: string | undefined;
  readonly output: unknown;
  readonly error: string | undefined;
  /** `PassStateEntered A`, of the outermost machine. */
  readonly states: readonly string[];
}

/** Where MiniStack differs, and what decides. */
const paths = 'developer guide, "Using JSONPath paths": @ .. , : ? * in a Path';
const differences: Readonly<Record<string, string>> = {
  'a path that is not there':
    'developer guide, "Handling errors": States.Runtime, for example InputPath on a path that is not there',
  'no rule holds': 'recorded from AWS: States.Runtime, "Failed to transition out of the state"',
  'variables in JSONPath':
    'developer guide, "Using variables in JSONPath states": in arguments of functions, too',
  'Parallel in JSONata': 'developer guide, "Transforming data with JSONata": Output, with $states.result',
  '$.a.b[-1]': paths,
  '$.a.b[0:2]': paths,
  '$..v': paths,
  '$.list[?(@.k == 2)].v': paths,
};

const jsonOf = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
const role = 'arn:aws:iam::111122223333:role/any';

async function ours({ definition, input }: Sample): Promise<Recorded> {
  const result = await sandbox().run(definition, jsonOfValue(input));
  const outer = new Set('States' in definition ? Object.keys(definition.States ?? {}) : []);
  return {
    status: result.status,
    output: result.output,
    error: result.error,
    states: result.events
      .filter(({ type, details }) => /State(?:Entered|Exited)$/.test(type) && outer.has(details.name ?? ''))
      .map(({ type, details }) => `${type} ${details.name ?? ''}`),
  };
}

async function theirs(client: SFNClient, { definition, input }: Sample, number: number): Promise<Recorded> {
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({
      name: `sample-${number}`,
      definition: JSON.stringify(definition),
      roleArn: role,
    }),
  );
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  for (;;) {
    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (described.status === 'RUNNING') {
      await new Promise((again) => setTimeout(again, 20));
      continue;
    }
    const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    return {
      status: described.status,
      output: described.status === 'SUCCEEDED' ? jsonOf(described.output) : undefined,
      error: described.error,
      states: (events ?? []).flatMap(({ type, stateEnteredEventDetails, stateExitedEventDetails }) => {
        const name = stateEnteredEventDetails?.name ?? stateExitedEventDetails?.name;
        return name === undefined ? [] : [`${type} ${name}`];
      }),
    };
  }
}

let server: RunningServer | undefined;
let client: SFNClient;
beforeAll(async () => {
  try {
    server = await startMiniStack();
    reportUsed('an independent interpreter of the States Language', 'MiniStack');
  } catch (error) {
    if (!(error instanceof ToolUnavailable)) throw error;
    reportNotRun(`comparison of ${samples.length} executions with MiniStack`, error.message);
    return;
  }
  client = new SFNClient({
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}, 300_000);
afterAll(async () => {
  await server?.stop();
});

describe('an execution', () => {
  it.each(samples.map((one, index) => [one.name, one, index] as const))(
    'ends as in MiniStack: %s',
    async (name, one, index) => {
      if (server === undefined) return;
      const mine = await ours(one);
      const other = await theirs(client, one, index);
      if (differences[name] === undefined) expect(mine).toEqual(other);
      // A difference that is gone must leave the list.
      else expect(mine).not.toEqual(other);
    },
  );
});

/** Every tenth of those that `npm run test:histories` compares, but none that waits for seconds. */
const some = corpus.filter(
  ({ name }, index) => index % 10 === 0 && !/Timeout|time-out|retried|Wait/.test(name),
);
let moto: RunningServer | undefined;
beforeAll(async () => {
  try {
    moto = await startMoto();
    reportUsed('an interpreter of the States Language with whole histories', 'moto');
  } catch (error) {
    if (!(error instanceof ToolUnavailable)) throw error;
    reportNotRun(`comparison of ${some.length} histories with moto`, error.message);
  }
}, 400_000);
afterAll(async () => {
  await moto?.stop();
});

describe('a history', () => {
  it('is that of moto, event by event, but for the differences that are listed', async () => {
    if (moto === undefined) return;
    const compared = await compareAll(some, await motoAt(moto.endpoint), 4);
    expect(compared).toHaveLength(some.length);
    expect(compared.filter(({ isAsListed }) => !isAsListed).map(differenceOf)).toEqual([]);
  });

  it('is compared for at least 200 definitions, each with a name of its own', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(200);
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
    expect(new Set(corpus.map(({ definition }) => JSON.stringify(definition))).size).toBeGreaterThanOrEqual(
      200,
    );
  });
});
