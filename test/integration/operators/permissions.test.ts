import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import {
  compilePolicy,
  evaluate,
  OPERATOR_COMMANDS,
  OPERATOR_ROLE_NAME,
  operatorPolicy,
  type OperatorCommand,
} from '@stepcast/policies';
import { runCli } from '@stepcast/cli';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import {
  createOperationsWorld,
  foreignExecution,
  type OperationsWorld,
} from '../../support/operations-world.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { startUnwillingBroker } from '../../support/unwilling-broker.ts';
import { stepcast } from './command.ts';
import { until } from './rebuilding.ts';

/** What AWS decides and the sandbox has not, or what only a deployment asks. */
const ONLY_IN_AWS =
  /^(iam|logs|cloudformation|cloudwatch|ec2|servicequotas):|^sqs:(GetQueueUrl|ChangeMessageVisibility)$|^iot:(DescribeEndpoint|AttachPolicy)$|^cognito-identity:ListIdentityPools$|^cognito-idp:DescribeUserPool(Client)?$|^s3:(GetBucket|PutBucket)|^states:StartExecution$|^dynamodb:DescribeTable$/;

/** Asked for only where the item that names the owner of an upload has expired before the rest. */
const WHEN_EXPIRED: Readonly<Partial<Record<OperatorCommand, readonly string[]>>> = {
  backfill: ['dynamodb:Scan'],
};

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly leadingKeys: readonly string[];
}

let sandbox: Sandbox;
let world: OperationsWorld;
let directory: string;
let identityId: string;
let uploadId: string;
let asked: Asked[] = [];
let denied: ((action: string) => boolean) | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-rights-'));
  sandbox = await startTestSandbox({
    argv: [
      '--definition',
      'services/sandbox/examples/word-count.asl.json',
      '--handlers',
      'services/sandbox/examples/word-count-handlers.mjs',
    ],
  });
  world = await createOperationsWorld(sandbox);
  const { authorizer } = sandbox.access;
  const decide = authorizer.authorize.bind(authorizer);
  authorizer.authorize = (request) => {
    const { principal, action, resource, context } = request;
    if (principal.kind !== 'service' || principal.roleName !== OPERATOR_ROLE_NAME) return decide(request);
    asked.push({ action, resource, leadingKeys: [context['dynamodb:LeadingKeys'] ?? []].flat() });
    return denied?.(action) === true
      ? { allowed: false, reason: `no identity-based policy allows the ${action} action` }
      : decide(request);
  };
  identityId = world.person.identityId;
  ({ uploadId } = await world.upload('rights.txt'));
  await until('the end of the upload', async () =>
    /status +succeeded/.test((await run('lookup', uploadId)).out),
  );
});
afterAll(async () => {
  await sandbox.stop();
  await rm(directory, { recursive: true, force: true });
});

const run = (...line: readonly string[]) => stepcast(...line, '--endpoint', sandbox.url);

const execution = async () => /execution (arn:\S+)/.exec((await run('lookup', uploadId)).out)?.[1] ?? '';

/** A letter about a message that is no event. */
async function badLetter(): Promise<void> {
  await world.sendNoEvent();
  await until('the letter about no event', async () =>
    (await run('dead-letters', 'list')).out.includes('CORRELATOR_UPLOAD_INVALID'),
  );
}

/** The sandbox has no stack: `destroy` is run against an account of its own, beside its sources. */
type InSandbox = Exclude<OperatorCommand, 'destroy'>;
const inSandbox = OPERATOR_COMMANDS.filter((command): command is InSandbox => command !== 'destroy');
/** Each command as an operator uses it, with its changes. What prepares it runs under the same key and is not counted. */
const lines: Readonly<Record<InSandbox, () => Promise<readonly (readonly string[])[]>>> = {
  doctor: () => Promise.resolve([['doctor'], ['doctor', '--observed', '--only', 'workflow.inputs']]),
  lookup: () =>
    Promise.resolve([
      ['lookup', uploadId],
      ['lookup', identityId.slice(0, 14)],
      ['lookup', identityId],
    ]),
  journal: () =>
    Promise.resolve([
      ['journal', 'show', uploadId],
      ['journal', 'export', uploadId.slice(0, 8), '--output', join(directory, 'journal.ndjson')],
    ]),
  'journal-import': () => Promise.resolve([['journal', 'import', join(directory, 'journal.ndjson')]]),
  stats: async () => {
    await badLetter();
    return [['stats']];
  },
  tail: () => Promise.resolve([['tail', uploadId.slice(0, 10)], ['tail']]),
  replay: () =>
    Promise.resolve([['replay', uploadId.slice(0, 8), '--progress-file', join(directory, 'p.json')]]),
  parked: async () => {
    await world.park('parked-1');
    await until('what is parked', async () => (await run('parked', 'list')).out.includes('parked-1'));
    return [
      ['parked', 'retry', 'parked-1', '--yes'],
      ['parked', 'drop', 'parked-1', '--yes', '--reason', 'a test'],
    ];
  },
  quarantine: async () => {
    await world.quarantine('released', 'a test');
    await world.quarantine('dropped', 'a test');
    return [
      ['quarantine', 'list'],
      ['quarantine', 'release', 'released', '--yes', '--reason', 'a test'],
      ['quarantine', 'drop', 'dropped', '--yes', '--reason', 'a test'],
    ];
  },
  'dead-letters': async () => {
    await badLetter();
    await world.letterWithoutOwner('unowned');
    return [
      ['dead-letters', 'list'],
      ['dead-letters', 'retry', '--all', '--yes'],
      ['dead-letters', 'drop', '--all', '--yes', '--reason', 'a test'],
    ];
  },
  audit: () => Promise.resolve([['audit']]),
  backfill: async () => {
    const executionArn = await execution();
    await world.forgetOwner(executionArn);
    return [
      ['backfill', executionArn, '--wait', '0'],
      // Of an execution that the log does not have it says how long the log group keeps what it gets.
      [
        ...['backfill', '--from', 'logs', '--log-group', sandbox.info.logGroupName],
        ...['--since', '2020-01-01T00:00:00Z', foreignExecution('absent'), executionArn, '--wait', '0'],
      ],
    ];
  },
  reprocess: () => Promise.resolve([['reprocess', uploadId.slice(0, 8), '--yes']]),
};

describe.each(inSandbox)('the rights of "stepcast %s"', (command) => {
  it('are those of its document: it asks for nothing else, and its document has nothing that it does not ask for', async () => {
    const all = await lines[command]();
    asked = [];
    for (const line of all) {
      const ran = line[0] === 'tail' ? await tail(line) : await run(...line);
      expect({ line, err: ran.err.split('\n').filter((text) => text.startsWith('stepcast:')) }).toEqual({
        line,
        err: [],
      });
    }
    const document = operatorPolicy(
      {
        partition: 'aws',
        region: sandbox.info.region,
        accountId: sandbox.info.accountId,
        bucket: sandbox.info.bucket,
        stateMachineNames: ['MyWorkflow'],
      },
      [command],
    );
    const identity = [compilePolicy(document)];
    const refused = asked.filter(
      ({ action, resource, leadingKeys }) =>
        !evaluate({ identity }, { action, resource, context: { 'dynamodb:LeadingKeys': leadingKeys } })
          .allowed,
    );
    expect(refused).toEqual([]);
    const used = new Set(asked.map(({ action }) => action));
    const idle = document.Statement.flatMap(({ Action = [] }) => Action).filter(
      (action) => !used.has(action) && !ONLY_IN_AWS.test(action),
    );
    expect(idle).toEqual(WHEN_EXPIRED[command] ?? []);
  });
});

describe('for programs', () => {
  it.each([
    [['lookup', 'UPLOAD'], 'stepcast.lookup/v1'],
    [['journal', 'show', 'UPLOAD'], 'stepcast.journal-show/v1'],
    [['journal', 'export', 'UPLOAD', '--output', 'NEW'], 'stepcast.journal-export/v1'],
    [['journal', 'import', 'NEW', '--dry-run'], 'stepcast.journal-import/v1'],
    [['stats'], 'stepcast.stats/v1'],
    [['replay', 'UPLOAD', '--dry-run'], 'stepcast.replay-plan/v1'],
    [['parked', 'list'], 'stepcast.parked/v1'],
    [['quarantine', 'list'], 'stepcast.quarantine/v1'],
    [['dead-letters', 'list'], 'stepcast.dead-letters/v1'],
    [['dead-letters', 'explain', 'CORRELATOR_UNOWNED'], 'stepcast.explain-letter/v1'],
    [['audit'], 'stepcast.audit/v1'],
    [['backfill', 'EXECUTION'], 'stepcast.backfill/v1'],
    [['reprocess', 'UPLOAD', '--yes'], 'stepcast.change/v1'],
  ])('%j prints JSON that says what it is', async (line, schema) => {
    const executionArn = await execution();
    const { code, out } = await run(
      ...line.map((word) =>
        word
          .replace('UPLOAD', uploadId)
          .replace('EXECUTION', executionArn)
          .replace('NEW', join(directory, 'json.ndjson')),
      ),
      '--json',
    );
    expect(code).toBe(0);
    expect(parseJson(z.looseObject({ schema: z.string() }), out)).toMatchObject({
      ok: true,
      value: { schema },
    });
  });
});

describe('without rights', () => {
  it.each([
    ['dynamodb:', ['lookup', 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'], 'dynamodb:Query'],
    ['sqs:', ['stats', '--quick'], 'sqs:GetQueueAttributes'],
    ['sqs:', ['dead-letters', 'list'], 'sqs:ReceiveMessage'],
    ['dynamodb:PutItem', ['replay', '--all', '--progress-file', 'PROGRESS'], 'dynamodb:PutItem'],
  ])('to %s, %j says in a line which one is missing, and ends with 77', async (prefix, line, lacks) => {
    denied = (action) => action.startsWith(prefix);
    const { code, err, out } = await run(
      ...line.map((word) => (word === 'PROGRESS' ? join(directory, 'n.json') : word)),
    );
    denied = undefined;
    expect(err).toMatch(
      new RegExp(`^stepcast: not allowed: your credentials lack ${lacks} on arn:aws:`, 'm'),
    );
    expect(err).toContain('"stepcast permission-set --for operate" prints what operators need.');
    expect({ code, out }).toEqual({ code: 77, out: '' });
  });

  it.each([
    ['lookup', 'UPLOAD'],
    ['journal', 'show', 'UPLOAD'],
    ['journal', 'export', 'UPLOAD'],
    ['journal', 'import', 'FILE'],
    ['stats'],
    ['tail', 'UPLOAD', '--by', 'journal'],
    ['replay', 'UPLOAD', '--dry-run'],
    ['parked', 'list'],
    ['quarantine', 'list'],
    ['dead-letters', 'list'],
    ['dead-letters', 'retry', '--all', '--yes'],
    ['audit'],
    ['backfill', 'arn:aws:states:us-east-1:111122223333:execution:MyWorkflow:x'],
    ['reprocess', 'UPLOAD', '--yes'],
  ])(
    'to anything, "stepcast %s %s" says in a line what is missing first, and ends with 77',
    async (...line) => {
      denied = () => true;
      const { code, err, out } = await run(
        ...line.map((word) =>
          word === 'FILE' ? join(directory, 'journal.ndjson') : word.replace('UPLOAD', uploadId),
        ),
      );
      denied = undefined;
      expect(err).toMatch(/^stepcast: not allowed: your credentials lack [a-z0-9-]+:[A-Za-z]+ on arn:aws:/m);
      expect(err).not.toMatch(/^ +at /m);
      expect({ code, out }).toEqual({ code: 77, out: '' });
    },
  );

  it('to publish or subscribe, says that the broker refuses', async () => {
    denied = (action) => action === 'iot:Subscribe' || action === 'iot:Publish';
    const subscribed = await run('tail');
    const published = await run('replay', '--all', '--progress-file', join(directory, 'q.json'));
    denied = (action) => action === 'iot:Connect';
    const connected = await run('tail');
    denied = undefined;
    expect(subscribed.err).toMatch(
      /^stepcast: the broker refuses the subscription to stepcast\/v1\/\+\/uploads\/\+\/events/m,
    );
    expect(connected.err).toMatch(/^stepcast: the broker refuses the connection/m);
    expect(published.err).toMatch(/^stepcast: the broker refuses to publish on stepcast\/v1\//m);
    expect([subscribed, connected, published].map(({ code }) => code)).toEqual([77, 77, 77]);
  });
});

describe('a replay that a broker does not take', () => {
  const at = (broker: string, file: string) => [
    'replay',
    uploadId,
    '--broker',
    broker,
    '--progress-file',
    file,
  ];

  it('names the right that is missing, and ends with 77, where the broker closes the connection for it', async () => {
    const broker = await startUnwillingBroker('disconnect');
    const { code, err } = await run(...at(broker.url, join(directory, 'closed.json')));
    await broker.close();
    expect(err).toMatch(
      /^stepcast: the broker ended the connection: not authorized \(reason code 0x87\)\nOperators need iot:Publish/m,
    );
    expect(code).toBe(77);
  });

  it('is in the audit as failed, with why: it had begun and no more', async () => {
    const broker = await startUnwillingBroker('disconnect');
    await run(...at(broker.url, join(directory, 'failed.json')), '--reason', 'a broker that does not');
    await broker.close();
    const { out } = await run('audit', '--limit', '2', '--json');
    const entry = { action: 'replay', subject: uploadId, reason: 'a broker that does not' };
    expect(parseJson(z.object({ entries: z.array(z.looseObject({})) }), out)).toMatchObject({
      ok: true,
      value: {
        entries: [
          { ...entry, outcome: 'failed', detail: expect.stringMatching(/^0 messages; the broker ended/) },
          { ...entry, outcome: 'begun' },
        ],
      },
    });
  });

  it('stops at the second Ctrl+C where it waits for an answer that does not come, with 130', async () => {
    const broker = await startUnwillingBroker('silence');
    const child = startChildProcess(
      process.execPath,
      [
        '--conditions=stepcast-source',
        join(import.meta.dirname, '../../../clients/cli/src/main.ts'),
        ...at(broker.url, join(directory, 'silent.json')),
        ...['--endpoint', sandbox.url],
      ],
      { env: { PATH: process.env['PATH'] } },
    );
    await child.waitForOutput(/replaying to ws:/);
    // Two signals at a time may arrive as one.
    const impatience = setInterval(() => child.signal('SIGINT'), 100);
    const ended = await child.exited;
    clearInterval(impatience);
    await broker.close();
    expect(ended).toMatchObject({ code: 130 });
  });
});

/** Follows until it is ready, then interrupts. */
async function tail(line: readonly string[]) {
  const interruption = new AbortController();
  let err = '';
  const code = await runCli([...line, '--endpoint', sandbox.url], {
    environment: {},
    nowMs: () => Date.now(),
    terminal: {
      out: () => undefined,
      err: (text) => {
        err += text;
        // A message is delivered to it before it ends, so that the right to receive is asked for as well.
        if (text.startsWith('following'))
          void run('replay', uploadId, '--progress-file', join(directory, 't.json')).then(() => {
            interruption.abort();
          });
      },
      style: { color: false, width: 100 },
      confirmation: undefined,
      readInput: () => Promise.resolve(''),
      interruption: () => interruption.signal,
    },
  });
  asked = asked.filter(({ action }) => !/^iot:(Retain)?Publish$|PutItem/.test(action));
  return { code, err, out: '' };
}
