/** What the page begins with. */
export const START = `<!-- Written by \`npm run docs:cli\` from real runs against the sandbox. Times, IDs and counts that differ from run to run are replaced. -->

# The command \`stepcast\`

\`npm run --silent stepcast -- <command>\`, or \`stepcast\` where the package is installed. Every command has \`--help\` with examples and
\`--json\`; with it a failure prints a line of JSON too, \`stepcast.failure/v1\` with
\`exitCode\`, \`code\`, \`message\` and \`more\`. It works on AWS with \`--region\` and \`--profile\`, and on the sandbox with \`--endpoint http://127.0.0.1:4200\` or
\`STEPCAST_ENDPOINT\`, where it needs no secret. [What each command needs](#rights) is printed by \`permission-set\`. Completion:
\`source <(stepcast completion bash)\`.
\`stepcast types my.asl.json\` prints the step names of a workflow as a TypeScript module, from a file and without a connection.
\`stepcast --version\` prints the version of the package, \`npm start -- --version\` that of the sandbox.

To try what follows, start a sandbox in one terminal, and upload a text as two people in another. IDs of identities and uploads are always the same:

\`\`\`sh
npm start -- --definition services/sandbox/examples/word-count.asl.json --handlers services/sandbox/examples/word-count-handlers.mjs
\`\`\`

\`\`\`sh
export STEPCAST_ENDPOINT=http://127.0.0.1:4200
stepcast() { npm run --silent stepcast -- "$@"; }
printf 'one two\\nthree\\n' > words.txt
npx node clients/examples/typescript/follow.ts words.txt alice Alice-in-the-sandbox-1
npx node clients/examples/typescript/follow.ts words.txt bob Bob-in-the-sandbox-2
\`\`\`

Below there are besides an execution that nobody uploaded for, \`waits-for-an-owner\`, and a message on the uploads queue that is no event
of S3. Yours has neither.

| exit code | meaning                                                                                                   |
| --------- | --------------------------------------------------------------------------------------------------------- |
| 0         | done                                                                                                      |
| 1         | warnings, or nothing was changed                                                                          |
| 2         | the doctor found failures                                                                                 |
| 3         | something could not be checked; AWS, the sandbox or the broker could not be reached, or takes no more now |
| 4         | nothing is known of what was named; an empty range                                                        |
| 5         | a beginning that stands for several, or where the whole name is needed; the candidates are listed         |
| 6         | stopped on the way; the last lines say how far it came and how to go on                                   |
| 64        | the command line cannot be used                                                                           |
| 65        | a file, an item or a message does not have the form that this version reads                               |
| 70        | a fault of the command                                                                                    |
| 74        | what it prints cannot be written: a disk is full                                                          |
| 77        | a right is missing, or the broker refuses; the line names it                                              |
| 130       | Ctrl+C ended it at once: a second one, or where there is nothing to go on with                            |

What is named may be an identity ID, an execution ARN, \`s3://bucket/key\`, an upload ID, or the beginning of one. A beginning takes a
scan of the journal table, which costs what reading the table costs. Executions that wait and dead letters may be named by a beginning, too,
but not for \`drop\`: what is gone for good is named in full, and the same command again drops nothing else.
`;

/** A section of the page: heading, what to know, and lines that are run. */
export interface Section {
  readonly heading: string;
  readonly text: string;
  readonly runs: readonly Line[];
}
export interface Line {
  readonly argv: readonly string[];
  /** How many lines of the output stand on the page; default all. */
  readonly lines?: number;
}

/** What is there to work on. */
export interface Place {
  readonly upload: string;
  readonly identity: string;
  readonly key: string;
  readonly bucket: string;
  readonly execution: string;
  readonly logGroup: string;
  readonly file: string;
  readonly progress: string;
}

export function sectionsOf(place: Place): readonly Section[] {
  const { upload, identity, execution, logGroup, file, progress } = place;
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
      text: 'An export is NDJSON: a head, an item of the table on each line, an end. An import checks every line of a file against the schema of its item before it writes the first, and leaves what is there as it is; where a stream was built anew, the rest of that stream is left out, and the exit code is 1. From standard input (`-`) it writes what it has checked, and says how far it came. Import into a journal that nobody writes to at the moment.',
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
      text: '`retry` has the correlator check the records again; `drop` deletes, with a reason. `quarantine release` gives an execution back to the owner whose stream it is in, else its proofs are weighed anew. Each asks first, or takes `--yes`.',
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
      text: '`backfill` gives the correlator the event of the upload and both ends of the execution, and it fills what lies between from the history: the journal is the one that there was. Only estimates (`percent`, `etaSeconds`) may be there that were not there the first time. `--from logs` reads the log records of a time range instead, of the executions that are named or of all: for Express executions, which have no history, and for what Step Functions has forgotten after 90 days. What the log lacks is read from the history where there is one; else nothing is sent without `--with-gaps`. In observed mode `--with-upload` sends the event of the upload first; without it the upload is taken from the input of the execution, with the same journal. `reprocess` starts the workflow again for a version of its own, once, however often the command is repeated while that runs.',
      runs: [
        { argv: ['backfill', execution] },
        {
          argv: [
            ...['backfill', '--from', 'logs', '--log-group', logGroup],
            ...['--since', '2020-01-01T00:00:00Z', '--dry-run', execution],
          ],
        },
        { argv: ['reprocess', upload, '--yes', '--reason', 'a better model'] },
      ],
    },
    {
      heading: 'Audit',
      text: 'Every change is in the journal table before it is made and after it was, for 400 days, and on standard error as a line of JSON: who, when, what, why. "Begun, no end recorded" is still under way, or was killed; a replay that was resumed says so.',
      runs: [{ argv: ['audit', '--limit', '4'] }],
    },
    {
      heading: 'Before a deployment, and after it',
      text: '`doctor --before deploy --settings stepcast.json` asks an account whether a deployment would succeed there. `destroy` takes a deployment down, after the name of its stack was typed, and prints the settings with which the next one adopts what stays. Both belong to a deployment and are shown [with it](deploy.md#take-down-and-come-back); the sandbox has none. Where names have a stage, every command takes `--stage dev`.',
      runs: [{ argv: ['destroy', 'stepcast'] }],
    },
    {
      heading: 'Rights',
      text: 'A document for each command; without `--command`, one for all but `destroy`. A test runs every command and holds its document to what it asks for.',
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
