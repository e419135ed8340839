import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { runCli } from './cli.ts';
import { NOW_MS } from './testing/fixtures.ts';
import { run } from './testing/run-cli.ts';

describe('the version', () => {
  it('is that of the package.json: there was no --version', async () => {
    const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
    const { out, ...rest } = await run(['--version']);
    expect(rest).toMatchObject({ code: 0, err: '' });
    expect(text).toContain(`"version": "${out.trimEnd()}"`);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a command line that cannot be used', () => {
  it.each([
    [['doctor', '--only', 'nonsense'], /--only nonsense names no link; there are sso, operator, names/],
    [['doctor', '--json', '--fix'], /add --yes/],
    [['doctor', '--account-id', '12'], /--account-id 12 does not have 12 digits/],
    [['doctor', '--endpoint', 'nowhere'], /is no address/],
    [['doctor', '--nonsense'], /unknown option '--nonsense'/],
    [['permission-set', '--for', 'deploy', '--command', 'lookup'], /--command goes with --for operate only/],
    [
      ['permission-set', '--for', 'deploy', '--log-group', 'x'],
      /--log-group goes with --for operate and --for execution only/,
    ],
    [['permission-set', '--for', 'operate', '--log-group', '*'], /--log-group is no name of a log group/],
    [['lookup', 'x', '--endpoint', 'nowhere'], /--endpoint nowhere is no address/],
    [['lookup', 'us-east-1:1f0e'], /no region is given; add --region/],
    [
      ['permission-set', '--for', 'admin', '--account-id', '111122223333', '--region', 'us-east-1'],
      /--for is one of deploy/,
    ],
    [
      ['permission-set', '--for', 'deploy', '--account-id', '1', '--region', 'mars', '--bucket', '*'],
      /--account-id does not have 12 digits; --region is no region[^;]*; --bucket is no bucket name/,
    ],
    [['nonsense'], /unknown command 'nonsense'/],
    [['help', 'nonsense'], /^error: unknown command 'nonsense'\n\(add --help for /],
    [['help', 'lookpu'], /^error: unknown command 'lookpu'\n\(Did you mean lookup\?\)\n/],
    [['help', 'journal', 'exprt'], /^error: unknown command 'exprt'\n\(Did you mean (export|import)\?\)\n/],
    [['help', 'doctor', 'nonsense'], /^error: too many arguments for 'doctor'/],
  ])('%j is refused with what to do, and 64', async (argv, says) => {
    const { code, err, out } = await run(argv);
    expect(err).toMatch(says);
    expect(code).toBe(64);
    expect(out).toMatch(argv.includes('--json') ? /^{"schema":"stepcast.failure\/v1","exitCode":64,/ : /^$/);
  });

  it('says in a line that it has a fault of its own, and ends with 70', async () => {
    let err = '';
    const code = await runCli(['stats', '--region', 'us-east-1'], {
      environment: {},
      nowMs: () => NOW_MS,
      connectOperator: () => Promise.reject(new TypeError('no such property')),
      terminal: {
        out: () => undefined,
        err: (text) => {
          err += text;
        },
        style: { color: false, width: 100 },
        confirmation: undefined,
        readInput: () => Promise.resolve(''),
      },
    });
    expect({ code, err }).toEqual({ code: 70, err: 'stepcast: no such property\n' });
  });

  it('prints help and exits with 0', async () => {
    const { code, out } = await run(['doctor', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--identity-pool-id');
  });
});

describe('stepcast help', () => {
  it.each([
    [['help'], 'stepcast'],
    [['help', 'help'], 'stepcast'],
    [['help', 'lookup'], 'stepcast lookup'],
    [['help', 'lookup', '--json'], 'stepcast lookup'],
    [['help', 'journal'], 'stepcast journal'],
    [['help', 'journal', 'export'], 'stepcast journal export'],
    [['help', 'doctor', 'explain'], 'stepcast doctor explain'],
  ])(
    '%j is the help of that command: of one below another it was the help of the other',
    async (argv, name) => {
      const { code, out, err } = await run(argv);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^Usage: ${name} (\\[options\\]|<)`));
    },
  );
});

describe('with --json, a command that fails', () => {
  const Failure = z.object({
    schema: z.literal('stepcast.failure/v1'),
    exitCode: z.number(),
    code: z.string().nullable(),
    message: z.string(),
    more: z.array(z.string()),
  });
  it.each([
    [['lookup', '--json'], 64, 'OPERATOR_USAGE', /missing required argument/],
    [['lookup', 'x', '--json'], 64, 'OPERATOR_USAGE', /no region is given/],
    [
      ['lookup', 'x', '--json', '--endpoint', 'http://127.0.0.1:9'],
      3,
      'CLI_SANDBOX_UNREACHABLE',
      /no sandbox/,
    ],
  ])(
    '%j prints one document for programs, and the line for people',
    async (argv, exitCode, errorCode, says) => {
      const { code, out, err } = await run(argv);
      expect(code).toBe(exitCode);
      expect(err).toMatch(says);
      const printed = parseJson(Failure, out);
      expect(printed).toMatchObject({ ok: true, value: { exitCode, code: errorCode } });
      expect(printed.ok && printed.value.message).toMatch(says);
    },
  );

  it('prints nothing besides a help text', async () => {
    const { code, out } = await run(['lookup', '--help', '--json']);
    expect(code).toBe(0);
    expect(out).not.toContain('stepcast.failure');
  });
});

it('explains a dead-letter code without a region and without a connection', async () => {
  const { code, out, err } = await run(['dead-letters', 'explain', 'CORRELATOR_UNOWNED']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^CORRELATOR_UNOWNED \(expected\)/);
  expect((await run(['dead-letters', 'explain', '0f3e'])).err).toContain('no region is given');
});

describe('stepcast doctor explain', () => {
  it('explains what was pasted', async () => {
    const { code, out } = await run(['doctor', 'explain', 'ForbiddenException:', 'No', 'access']);
    expect(code).toBe(0);
    expect(out).toMatchSnapshot();
  });

  it('reads the standard input, and prints JSON', async () => {
    const { code, out } = await run(['doctor', 'explain', '-', '--json'], {
      input: 'AMQJS0008I Socket closed.',
    });
    expect(code).toBe(0);
    expect(parseJson(z.object({ schema: z.string(), code: z.string() }), out)).toEqual({
      ok: true,
      value: { schema: 'stepcast.explain/v1', code: 'mqttSocketClosed' },
    });
  });

  it('says so when it does not know, and exits with 3', async () => {
    const { code, out } = await run(['doctor', 'explain', 'it does not work']);
    expect(code).toBe(3);
    expect(out).toContain('This message is not known here');
  });
});

describe('stepcast permission-set', () => {
  it('needs nothing but its purpose: what is not given is a placeholder, and it says so', async () => {
    const { code, out, err } = await run(['permission-set', '--for', 'operate']);
    expect(code).toBe(0);
    expect(out).toContain('arn:aws:dynamodb:REGION:ACCOUNT_ID:table/stepcast-journal');
    expect(err).toContain(
      'Put yours in the place of ACCOUNT_ID and REGION, or give --account-id and --region.',
    );
  });

  it('prints what one command needs, which is less', async () => {
    const { out } = await run(['permission-set', '--for', 'operate', '--command', 'audit']);
    expect(parseJson(z.object({ Statement: z.array(z.unknown()) }), out)).toEqual({
      ok: true,
      value: {
        Statement: [
          {
            Sid: 'TableAudit',
            Effect: 'Allow',
            Action: ['dynamodb:Query'],
            Resource: ['arn:aws:dynamodb:REGION:ACCOUNT_ID:table/stepcast-journal'],
            Condition: {
              'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['audit#*'] },
              Null: { 'dynamodb:LeadingKeys': 'false' },
            },
          },
        ],
      },
    });
  });

  it('covers a log group that is not where state machines usually log', async () => {
    const { out } = await run(
      'permission-set --for operate --command backfill --log-group ours/logs --region eu-west-1'.split(' '),
    );
    expect(out).toContain('arn:aws:logs:eu-west-1:ACCOUNT_ID:log-group:ours/logs:*');
  });

  it('prints the document alone on the standard output, and what to do with it beside', async () => {
    const { code, out, err } = await run([
      'permission-set',
      '--for',
      'deploy',
      '--account-id',
      '111122223333',
      '--region',
      'us-east-1',
    ]);
    expect(code).toBe(0);
    expect(
      parseJson(z.object({ Version: z.literal('2012-10-17'), Statement: z.array(z.unknown()) }), out).ok,
    ).toBe(true);
    expect(err).toMatch(/^\d+ of 10240 characters/);
  });
});
