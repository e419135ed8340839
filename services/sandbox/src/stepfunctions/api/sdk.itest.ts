import { createServer, type Server } from 'node:http';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidDefinition,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { systemClock, systemTimers } from '@stepcast/kit';
import { z } from 'zod';
import { AwsError, type JsonService } from '../../core/index.ts';
import { createStepFunctions, type StatusChangeDetail, type StepFunctions } from '../index.ts';
import { ACCOUNT, callContext, functionArn, REGION, ROLE } from '../testing/harness.ts';

/** The wire of AWS JSON 1.0, as little of it as the SDK needs. */
function serve(service: JsonService): Server {
  return createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': `application/x-amz-json-${service.jsonVersion}` });
      response.end(JSON.stringify(body));
    };
    const handle = async (): Promise<void> => {
      const [prefix, name = ''] = String(request.headers['x-amz-target']).split('.');
      const operation = service.operations[name];
      const body = parseJson(z.unknown(), await text(request));
      if (prefix !== service.targetPrefix || operation === undefined || !body.ok)
        throw new Error(`no operation ${name}`);
      answer(200, await operation(body.value, callContext()));
    };
    handle().catch((error: unknown) => {
      if (error instanceof AwsError) answer(error.httpStatus, { __type: error.code, message: error.message });
      else answer(500, { __type: 'InternalFailure', message: String(error) });
    });
  });
}

describe('Step Functions through the AWS SDK', () => {
  let stepFunctions: StepFunctions;
  let server: Server;
  let client: SFNClient;
  const ended = new Map<string, () => void>();
  const final = new Map<string, StatusChangeDetail>();

  /** Resolves when the execution has ended: on the event, not after a time. */
  const whenEnded = (executionArn: string): Promise<void> =>
    final.has(executionArn) ? Promise.resolve() : new Promise((resolve) => ended.set(executionArn, resolve));

  beforeAll(async () => {
    stepFunctions = createStepFunctions({
      region: REGION,
      accountId: ACCOUNT,
      clock: systemClock,
      timers: systemTimers,
      ids: randomUUID,
      random: Math.random,
      invokeFunction: (name, payload, { signal }) => {
        if (name === 'double') return Promise.resolve({ doubled: payload });
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        );
      },
      onStatusChange: (detail) => {
        if (detail.status === 'RUNNING') return;
        final.set(detail.executionArn, detail);
        ended.get(detail.executionArn)?.();
      },
    });
    server = serve(stepFunctions.service);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    client = new SFNClient({
      region: REGION,
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  });

  afterAll(async () => {
    client.destroy();
    await stepFunctions.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeAllConnections();
    await promise;
  });

  const definition = JSON.stringify({
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemProcessor: {
          StartAt: 'Double',
          States: {
            Double: { Type: 'Task', Resource: functionArn('double'), TimeoutSeconds: 20, End: true },
          },
        },
        End: true,
      },
    },
  });
  const logGroupArn = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/vendedlogs/states/Doubles-Logs:*`;

  it('creates, starts, follows and reads an execution, with dates that are dates', async () => {
    const created = await client.send(
      new CreateStateMachineCommand({
        name: 'Doubles',
        definition,
        roleArn: ROLE,
        loggingConfiguration: {
          level: 'ALL',
          includeExecutionData: true,
          destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
        },
      }),
    );
    expect(created.creationDate).toBeInstanceOf(Date);
    const { stateMachineArn } = created;
    const started = await client.send(
      new StartExecutionCommand({ stateMachineArn, name: 'one', input: '[1,2]' }),
    );
    expect(Math.abs(Date.now() - (started.startDate?.getTime() ?? 0))).toBeLessThan(60_000);
    const { executionArn = '' } = started;
    await whenEnded(executionArn);

    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({
      status: 'SUCCEEDED',
      input: '[1,2]',
      output: '[{"doubled":1},{"doubled":2}]',
      inputDetails: { included: true },
      redriveStatus: 'NOT_REDRIVABLE',
    });
    expect(described.startDate?.getTime()).toBe(final.get(executionArn)?.startDate);
    expect(described.stopDate?.getTime()).toBe(final.get(executionArn)?.stopDate);

    const machine = await client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(machine).toMatchObject({
      definition,
      loggingConfiguration: { level: 'ALL', destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }] },
    });
    expect(machine.updateDate).toBeInstanceOf(Date);

    const events: HistoryEvent[] = [];
    for await (const page of paginateGetExecutionHistory({ client, pageSize: 4 }, { executionArn }))
      events.push(...(page.events ?? []));
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    for (const { timestamp } of events) expect(timestamp).toBeInstanceOf(Date);
    expect(events[0]?.executionStartedEventDetails?.input).toBe('[1,2]');
    expect(events.at(-1)).toMatchObject({
      type: 'ExecutionSucceeded',
      executionSucceededEventDetails: { output: '[{"doubled":1},{"doubled":2}]' },
    });
    expect(
      events.find(({ type }) => type === 'LambdaFunctionScheduled')?.lambdaFunctionScheduledEventDetails,
    ).toMatchObject({ resource: functionArn('double'), timeoutInSeconds: 20 });
  });

  it('stops an execution, lists by status, and updates its machine', async () => {
    const hanging = JSON.stringify({
      StartAt: 'H',
      States: { H: { Type: 'Task', Resource: functionArn('hang'), End: true } },
    });
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({ name: 'Hangs', definition: hanging, roleArn: ROLE }),
    );
    const { executionArn = '' } = await client.send(
      new StartExecutionCommand({ stateMachineArn, name: 'two' }),
    );
    const running = await client.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
    );
    expect(running.executions?.map(({ name }) => name)).toEqual(['two']);
    const stopped = await client.send(
      new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'of it' }),
    );
    expect(stopped.stopDate).toBeInstanceOf(Date);
    await whenEnded(executionArn);
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'of it',
    });
    const updated = await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    expect(updated.updateDate).toBeInstanceOf(Date);
    expect((await client.send(new DescribeStateMachineCommand({ stateMachineArn }))).definition).toBe(
      definition,
    );
    const machines = await client.send(new ListStateMachinesCommand({}));
    expect(machines.stateMachines?.map(({ name }) => name)).toEqual(['Doubles', 'Hangs']);
  });

  it('gives errors that the SDK knows by class', async () => {
    const executionArn = `arn:aws:states:${REGION}:${ACCOUNT}:execution:Doubles:nobody`;
    await expect(client.send(new DescribeExecutionCommand({ executionArn }))).rejects.toBeInstanceOf(
      ExecutionDoesNotExist,
    );
    await expect(
      client.send(new CreateStateMachineCommand({ name: 'Bad', definition: '{}', roleArn: ROLE })),
    ).rejects.toBeInstanceOf(InvalidDefinition);
    const stateMachineArn = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:Doubles`;
    await expect(
      client.send(new StartExecutionCommand({ stateMachineArn, name: 'one', input: '[1,2]' })),
    ).rejects.toBeInstanceOf(ExecutionAlreadyExists);
  });
});
