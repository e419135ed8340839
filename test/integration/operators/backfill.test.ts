import {
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseJson, uploadIdOf } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import { writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { postJson } from '../../support/awslogs.ts';
import { signIn } from '../../support/person.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';

const TASK_MS = 300;
let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
let original: Sandbox;
let rebuilt: Sandbox;
beforeAll(async () => {
  workflow = await writeQuickWorkflow(4, TASK_MS);
  const { argv } = workflow;
  [original, rebuilt] = [await startTestSandbox({ argv }), await startTestSandbox({ argv })];
});
afterAll(async () => {
  await Promise.all([original.stop(), rebuilt.stop()]);
  await workflow.remove();
});

const Shown = z.looseObject({ events: z.array(z.looseObject({ percent: z.number().nullish() })) });
const Looked = z.object({
  uploads: z.array(
    z.object({
      epochs: z.array(
        z.object({
          status: z.string().nullable(),
          executions: z.array(z.object({ executionArn: z.string() })),
        }),
      ),
    }),
  ),
});

async function json<S extends z.ZodType>(
  sandbox: Sandbox,
  schema: S,
  ...line: readonly string[]
): Promise<z.output<S>> {
  const { out, err } = await stepcast(...line, '--json', '--endpoint', sandbox.url);
  const parsed = parseJson(schema, out);
  if (parsed.ok) return parsed.value;
  throw new Error(`${out}${err}`);
}

/** What AWS keeps of an execution when the journal is gone, as the AWS CLI prints it. */
async function recordingOf(sandbox: Sandbox, executionArn: string): Promise<object> {
  const { region, endpoints } = sandbox.info;
  const sfn = new SFNClient({ region, endpoint: endpoints.stepFunctions, credentials: sandbox.access.root });
  try {
    const [execution, history, stateMachine] = await Promise.all([
      sfn.send(new DescribeExecutionCommand({ executionArn })),
      sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 })),
      sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
    ]);
    return { execution, history, stateMachine };
  } finally {
    sfn.destroy();
  }
}

describe('stepcast backfill', () => {
  it('builds from the history of an execution the very journal that there was, and nothing the second time', async () => {
    const person = await signIn(original.info, 'alice');
    const { bucket } = original.info;
    const key = `users/${person.identityId}/words.txt`;
    const uploadId = uploadIdOf(bucket, key);
    await person.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'one two\nthree\nfour five six\n' }),
    );
    let executionArn = '';
    const deadline = Date.now() + 30_000;
    for (let done = false; !done;) {
      if (Date.now() > deadline) throw new Error('the upload did not end');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { code } = await stepcast('lookup', uploadId, '--endpoint', original.url);
      const [upload] = code === 0 ? (await json(original, Looked, 'lookup', uploadId)).uploads : [];
      executionArn = upload?.epochs[0]?.executions[0]?.executionArn ?? '';
      done = upload?.epochs[0]?.status === 'succeeded';
    }

    // Elsewhere nothing is left but what Step Functions keeps.
    const imported = await postJson(`${rebuilt.url}/executions`, await recordingOf(original, executionArn));
    expect(imported.status).toBe(201);
    expect((await stepcast('lookup', uploadId, '--endpoint', rebuilt.url)).code).toBe(4);
    const ran = await stepcast('backfill', executionArn, '--endpoint', rebuilt.url);
    expect(ran.err).not.toContain('stepcast:');
    expect(ran.out).toMatch(
      new RegExp(`^${executionArn}: built from the history \\(upload ${uploadId}, offset \\d+\\)\n$`),
    );
    expect(ran.code).toBe(0);

    const shown = (sandbox: Sandbox) => json(sandbox, Shown, 'journal', 'show', uploadId);
    const [before, after] = [await shown(original), await shown(rebuilt)];
    expect(before.events.length).toBeGreaterThan(8);
    // A percentage is an estimate. The first time there was none before the definition of the workflow had been read.
    const events = after.events.map((event, at) =>
      before.events[at]?.percent === undefined ? { ...event, percent: undefined } : event,
    );
    expect({ ...after, events }).toEqual(before);
    expect(before.events.filter(({ percent }) => percent !== undefined).length).toBeGreaterThan(3);
    // Owner, proofs, topics, state. Into how many entries events are cut, and when an execution leaves the watch list, is not
    // part of what happened.
    const looked = async (sandbox: Sandbox) => {
      const { out } = await stepcast('lookup', uploadId, '--json', '--endpoint', sandbox.url);
      return out.replaceAll(/"(entries|watchedSince)": [^,\n]*/g, '"$1": 0');
    };
    expect(await looked(rebuilt)).toBe(await looked(original));

    const again = await stepcast('backfill', executionArn, '--endpoint', rebuilt.url);
    expect(again.out).toContain('the journal has it to its end');
    expect(await shown(rebuilt)).toEqual(after);
  });

  it('says of an execution that has no history why, and exits with 4', async () => {
    const unknown = await stepcast(
      'backfill',
      'arn:aws:states:us-east-1:111122223333:execution:MyWorkflow:none',
      '--endpoint',
      rebuilt.url,
    );
    expect({ code: unknown.code, out: unknown.out }).toEqual({
      code: 4,
      out: expect.stringContaining('Step Functions has no such execution; it keeps histories for 90 days'),
    });
    const express = await stepcast(
      'backfill',
      'arn:aws:states:us-east-1:111122223333:express:MyWorkflow:a:b',
      '--endpoint',
      rebuilt.url,
    );
    expect({ code: express.code, out: express.out }).toEqual({
      code: 4,
      out: expect.stringContaining('an Express execution has no history'),
    });
    const none = await stepcast('backfill', 'no-arn', '--endpoint', rebuilt.url);
    expect({ code: none.code, err: none.err }).toEqual({
      code: 64,
      err: 'stepcast: no-arn is no ARN of an execution\n',
    });
  });
});
