import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { runCli } from '@stepcast/cli';
import { uploadIdOf } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { postJson, subscriptionPayload } from '../../support/awslogs.ts';
import { signIn } from '../../support/person.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { sectionsOf, START, type Place } from './cli-page-sections.ts';
import { stepcast, type Ran } from './command.ts';
import { until } from './rebuilding.ts';

/** The page `docs/operations/cli.md`, from real runs. */
export async function cliPage(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-page-'));
  const sandbox = await startTestSandbox({
    argv: [
      '--definition',
      'services/sandbox/examples/word-count.asl.json',
      '--handlers',
      'services/sandbox/examples/word-count-handlers.mjs',
    ],
  });
  try {
    const place = await prepare(sandbox, directory);
    const parts = [START];
    for (const { heading, text, runs } of sectionsOf(place)) {
      const shown: string[] = [];
      for (const { argv, lines } of runs) {
        const where = argv[0] === 'permission-set' ? [] : ['--endpoint', sandbox.url];
        const {
          out: all,
          err,
          code,
        } = argv[0] === 'tail' ? await followed(sandbox, place, argv) : await stepcast(...argv, ...where);
        const out = all.split('\n').slice(0, lines).join('\n');
        const said = err
          .split('\n')
          .filter((line) => line !== '' && argv[0] !== 'permission-set' && !line.startsWith('{'));
        const line = argv.map((word) => (/[ *?]/.test(word) ? `"${word}"` : word)).join(' ');
        shown.push(
          [`$ stepcast ${line}`, out.trimEnd(), ...said, ...(code === 0 ? [] : [`(exit code ${code})`])]
            .filter((one) => one !== '')
            .join('\n'),
        );
      }
      parts.push(`## ${heading}\n\n${text}\n`);
      if (shown.length > 0) parts.push(`\`\`\`\n${steady(shown.join('\n\n'), place, directory)}\n\`\`\`\n`);
    }
    return parts.join('\n');
  } finally {
    await sandbox.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepare(sandbox: Sandbox, directory: string): Promise<Place> {
  const { bucket, endpoints, accountId, region } = sandbox.info;
  const uploaded = [];
  for (const user of ['alice', 'bob']) {
    const person = await signIn(sandbox.info, user);
    const key = `users/${person.identityId}/words.txt`;
    await person.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'one two\nthree\n' }));
    uploaded.push({ identity: person.identityId, key, upload: uploadIdOf(bucket, key) });
  }
  const executionArn = `arn:aws:states:${region}:${accountId}:execution:Foreign:waits-for-an-owner`;
  const record = {
    id: '1',
    type: 'ExecutionStarted',
    details: { input: '{}' },
    redrive_count: '0',
    previous_event_id: '0',
    event_timestamp: '1762164900000',
    execution_arn: executionArn,
  };
  await postJson(`${sandbox.url}/awslogs`, subscriptionPayload([JSON.stringify(record)]));
  const sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials: sandbox.access.root });
  await sqs.send(
    new SendMessageCommand({ QueueUrl: `${endpoints.sqs}/${accountId}/stepcast-uploads`, MessageBody: '{}' }),
  );
  sqs.destroy();
  const [first, second] = uploaded;
  const asked = async (...line: readonly string[]) =>
    (await stepcast(...line, '--endpoint', sandbox.url)).out;
  for (const one of [first, second])
    await until('the end of an upload', async () => {
      const found = await asked('lookup', one?.upload ?? '');
      return /status +succeeded\n +owner/.test(found) && !found.includes('watched');
    });
  await until('what is parked', async () => (await asked('parked', 'list')).includes('waits-for-an-owner'));
  await until('the dead letter', async () =>
    (await asked('dead-letters', 'list')).includes('CORRELATOR_UPLOAD_INVALID'),
  );
  const execution = /execution (arn:\S+)/.exec(await asked('lookup', first?.upload ?? ''))?.[1] ?? '';
  return {
    upload: first?.upload ?? '',
    identity: first?.identity ?? '',
    key: first?.key ?? '',
    bucket,
    execution,
    logGroup: sandbox.info.logGroupName,
    file: join(directory, 'words.ndjson'),
    progress: join(directory, 'replay.json'),
  };
}

/** Follows an upload while it is replayed, and interrupts when its end has come. */
async function followed(sandbox: Sandbox, place: Place, argv: readonly string[]): Promise<Ran> {
  const interruption = new AbortController();
  let [out, err] = ['', ''];
  const code = await runCli([...argv, '--endpoint', sandbox.url], {
    environment: {},
    nowMs: () => Date.now(),
    terminal: {
      out: (text) => {
        out += text;
        if (text.includes('executionSucceeded')) interruption.abort();
      },
      err: (text) => {
        err += text;
        if (text.startsWith('following'))
          void stepcast(
            'replay',
            place.upload,
            '--endpoint',
            sandbox.url,
            '--progress-file',
            `${place.progress}.tail`,
          );
      },
      style: { color: false, width: 100 },
      confirmation: undefined,
      readInput: () => Promise.resolve(''),
      interruption: () => interruption.signal,
    },
  });
  return { code, out, err };
}

/** The output without what differs from run to run. */
function steady(text: string, { execution }: Place, directory: string): string {
  return (
    text
      .replaceAll(`${directory}/`, '')
      .replaceAll(execution.split(':').at(-1) ?? ' ', 'up-5f1c0a9e7b3d')
      .replaceAll(/up-[a-z2-7]{52}/g, 'up-0c4d2e6f8a1b')
      .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:4200')
      .replaceAll(/ws:\/\/127\.0\.0\.1:\d+/g, 'ws://127.0.0.1:4200')
      .replaceAll(/20(?!99|26-11-03)[0-8]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, '2026-11-03T10:15:00.000Z')
      .replaceAll(
        /epoch [a-z2-7]{12} has begun, after [a-z2-7]{12}/g,
        'epoch 6q2mzk4tn7wa has begun, after 3ktq7yd5xz2c',
      )
      .replaceAll(/epoch [a-z2-7]{12} since/g, 'epoch 3ktq7yd5xz2c since')
      .replaceAll(/ [a-z2-7]{12} {2}(\d+-\d+) .*/g, ' 3ktq7yd5xz2c  $1   3         4096')
      // Columns are as wide as what stood in them.
      .replaceAll(/AGE +WHY/g, 'AGE  WHY')
      .replaceAll(
        /EXECUTION +RECORDS {2}FROM/g,
        `${'EXECUTION'.padEnd(execution.lastIndexOf(':') + ':up-5f1c0a9e7b3d'.length)}  RECORDS  FROM`,
      )
      .replaceAll(/in \d+ entr(y|ies)/g, 'in 3 entries')
      .replaceAll(/\b\d+ messages?\b/g, '3 messages')
      .replaceAll(/\b[1-9]\d* items?( of \d+ upload)?\b/g, '9 items$1')
      .replaceAll(/(\d+) were there already/g, '9 were there already')
      .replaceAll(/\b(\d+ min )?\d+ s\b/g, '2 s')
      .replaceAll(
        /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?= {2}20| \(CORR)/g,
        '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
      )
  );
}
