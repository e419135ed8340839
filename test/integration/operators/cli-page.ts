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
import { stepcast, type Ran } from './command.ts';

const START = `<!-- Written by \`npm run docs:cli\` from real runs against the sandbox. Times, IDs and counts that differ from run to run are replaced. -->

# The command \`stepcast\`

\`npm run --silent stepcast -- <command>\`, or \`stepcast\` where the package is installed. Every command has \`--help\` with examples and
\`--json\`. It works on AWS with \`--region\` and \`--profile\`, and on the sandbox with \`--endpoint http://127.0.0.1:4200\`, where it needs
no secret. [What each command needs](#rights) is printed by \`permission-set\`. Completion: \`source <(stepcast completion bash)\`.

| exit code | meaning                                                                             |
| --------- | ----------------------------------------------------------------------------------- |
| 0         | done                                                                                |
| 1         | warnings, or nothing was changed                                                    |
| 2         | the doctor found failures                                                           |
| 3         | something could not be checked; AWS, the sandbox or the broker could not be reached |
| 4         | nothing is known of what was named; an empty range                                  |
| 5         | a beginning that stands for several; the candidates are listed                      |
| 6         | stopped on the way; the last lines say how far it came and how to go on             |
| 64        | the command line cannot be used                                                     |
| 65        | a file, an item or a message does not have the form that this version reads         |
| 70        | a fault of the command                                                              |
| 77        | a right is missing, or the broker refuses; the line names it                        |

What is named may be an identity ID, an execution ARN, \`s3://bucket/key\`, an upload ID, or the beginning of one. A beginning takes a
scan of the journal table, which costs what reading the table costs.
`;

/** A section of the page: heading, what to know, and lines that are run. */
interface Section {
  readonly heading: string;
  readonly text: string;
  readonly runs: readonly Line[];
}
interface Line {
  readonly argv: readonly string[];
  /** How many lines of the output stand on the page; default all. */
  readonly lines?: number;
}

interface Place {
  readonly upload: string;
  readonly identity: string;
  readonly key: string;
  readonly bucket: string;
  readonly execution: string;
  readonly file: string;
  readonly progress: string;
}

function sectionsOf(place: Place): readonly Section[] {
  const { upload, identity, execution, file, progress } = place;
  return [
    {
      heading: 'Look up',
      text: 'The whole correlation, read from the journal table: owner, proofs and how certain they are, state, offsets, epochs, topics, and what waits and why.',
      runs: [
        { argv: ['lookup', upload] },
        { argv: ['lookup', identity] },
        { argv: ['lookup', 'waits-for-an-owner'] },
        { argv: ['lookup', 'us-east-1:'] },
        { argv: ['lookup', 'aaaaaaaaaaaaaaaaaaaaaaaaaa'] },
      ],
    },
    {
      heading: 'The journal',
      text: 'An export is NDJSON: a head, an item of the table on each line, an end. An import checks every line against the schema of its item before it writes the first, and leaves what is there as it is. Import into a journal that nobody writes to at the moment.',
      runs: [
        { argv: ['journal', 'show', upload, '--to', '2'] },
        { argv: ['journal', 'export', upload, '--output', file] },
        { argv: ['journal', 'import', file, '--dry-run'] },
        { argv: ['journal', 'import', file] },
      ],
    },
    {
      heading: 'Statistics',
      text: 'Per hop: what waits, and since when. Ages come from CloudWatch, which the sandbox has not.',
      runs: [{ argv: ['stats'] }],
    },
    {
      heading: 'Follow',
      text: '`tail` follows by MQTT with your own rights what the broker delivers; `--by journal` follows what is written. It says which. Ctrl+C ends it. Here an upload is replayed while it is followed; the first two lines:',
      runs: [{ argv: ['tail', upload], lines: 2 }],
    },
    {
      heading: 'Replay',
      text: 'Publishes the entries of the journal again on their topics with the same offsets, marked `"replay": true`, then the retained states and overviews as they are now. Clients drop the offsets that they have. Ctrl+C, a kill and a lost broker leave a progress file; `--resume` goes on from there. On a terminal a bar shows how far it is.',
      runs: [
        { argv: ['replay', identity, '--dry-run'] },
        { argv: ['replay', upload, '--rate', '50', '--progress-file', progress] },
        { argv: ['replay', '--from', '2999-01-01T00:00:00Z', '--to', '2999-01-02T00:00:00Z'] },
      ],
    },
    {
      heading: 'What waits: parked and quarantined',
      text: '`retry` has the correlator look again; `drop` deletes, with a reason. `quarantine release` gives an execution back to the owner whose stream it is in, else its proofs are weighed anew. Each asks first, or takes `--yes`.',
      runs: [
        { argv: ['parked', 'list'] },
        { argv: ['parked', 'explain', 'waits-for-an-owner'] },
        { argv: ['parked', 'retry', 'waits-for-an-owner', '--yes'] },
        { argv: ['parked', 'drop', 'waits-for-an-owner', '--yes', '--reason', 'a load test'] },
        { argv: ['quarantine', 'list'] },
      ],
    },
    {
      heading: 'Dead letters',
      text: 'A letter says which queue it came from; `retry` sends it back there, to a FIFO queue in the group of its execution. `explain` has the words of the [runbook](runbook.md#dead-letter-codes).',
      runs: [
        { argv: ['dead-letters', 'list'] },
        { argv: ['dead-letters', 'explain', 'CORRELATOR_UPLOAD_INVALID'] },
        { argv: ['dead-letters', 'drop', '--all', '--yes', '--reason', 'a load test'] },
      ],
    },
    {
      heading: 'Backfill and reprocess',
      text: '`backfill` gives the correlator the event of the upload and both ends of the execution, and it fills what lies between from the history: the journal is the one that there was. Only estimates (`percent`, `etaSeconds`) may be there that were not there the first time. Express executions have no history. `reprocess` starts the workflow again for a version of its own, once, however often the command is repeated while that runs.',
      runs: [
        { argv: ['backfill', execution] },
        { argv: ['reprocess', upload, '--yes', '--reason', 'a better model'] },
      ],
    },
    {
      heading: 'Audit',
      text: 'Every change is in the journal table before it is made and after it was, for 400 days, and on standard error as a line of JSON: who, when, what, why.',
      runs: [{ argv: ['audit', '--limit', '4'] }],
    },
    {
      heading: 'Rights',
      text: 'A document for each command; without `--command`, one for all. A test runs every command and holds its document to what it asks for.',
      runs: [
        {
          argv: [
            'permission-set',
            '--for',
            'operate',
            '--command',
            'audit',
            '--region',
            'us-east-1',
            '--account-id',
            '111122223333',
          ],
        },
      ],
    },
  ];
}

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
    await until(async () => {
      const looked = await asked('lookup', one?.upload ?? '');
      return /status +succeeded\n +owner/.test(looked) && !looked.includes('watched');
    });
  await until(async () => (await asked('parked', 'list')).includes('waits-for-an-owner'));
  await until(async () => (await asked('dead-letters', 'list')).includes('CORRELATOR_UPLOAD_INVALID'));
  const execution = /execution (arn:\S+)/.exec(await asked('lookup', first?.upload ?? ''))?.[1] ?? '';
  return {
    upload: first?.upload ?? '',
    identity: first?.identity ?? '',
    key: first?.key ?? '',
    bucket,
    execution,
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
      look: { color: false, width: 100 },
      confirmation: undefined,
      readInput: () => Promise.resolve(''),
      interruption: () => interruption.signal,
    },
  });
  return { code, out, err };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('the sandbox did not come to rest in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The output without what differs from run to run. */
function steady(text: string, { execution }: Place, directory: string): string {
  return text
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
    .replaceAll(/in \d+ entr(y|ies)/g, 'in 3 entries')
    .replaceAll(/\b\d+ messages?\b/g, '3 messages')
    .replaceAll(/\b\d+ items?( of \d+ upload)?\b/g, '9 items$1')
    .replaceAll(/(\d+) were there already/g, '9 were there already')
    .replaceAll(/\b(\d+ min )?\d+ s\b/g, '2 s')
    .replaceAll(
      /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=  20| \(CORR)/g,
      '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
    );
}
