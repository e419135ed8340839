import { describe, expect, it } from '@jest/globals';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { runCli, type CliOptions } from './cli.ts';
import { known, unavailable, type Chain } from './domain/evidence.ts';
import type { Setup } from './domain/setup.ts';
import {
  authenticatedRole,
  built,
  found,
  guestRole,
  healthyChain,
  healthyMachine,
  healthyPoolRoles,
  healthySetup,
  healthySso,
  healthyProfile,
  IDENTITY_ID,
  NOW_MS,
  role,
  roleArn,
  USER_POOL_ID,
  withRoles,
  envFile,
  BUCKET,
} from './testing/fixtures.ts';
import { snapshotSources } from './testing/snapshot-sources.ts';

interface RunOptions {
  readonly chain?: Partial<Chain>;
  readonly setup?: Partial<Setup>;
  readonly color?: boolean;
  readonly answers?: readonly boolean[];
  readonly input?: string;
}

async function run(argv: readonly string[], options: RunOptions = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const snapshot = snapshotSources({ ...healthyChain, ...options.chain });
  const answers = [...(options.answers ?? [])];
  let closed = false;
  const cli: CliOptions = {
    environment: {},
    nowMs: () => NOW_MS,
    connect: () =>
      Promise.resolve({
        setup: { ...healthySetup, ...options.setup },
        connections: {
          sources: snapshot.sources,
          repairs: snapshot.repairs,
          close: () => {
            closed = true;
          },
        },
      }),
    terminal: {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      look: { color: options.color ?? false, width: 100 },
      confirmation:
        options.answers === undefined
          ? undefined
          : { confirm: () => Promise.resolve(answers.shift() ?? false) },
      readInput: () => Promise.resolve(options.input ?? ''),
    },
  };
  const code = await runCli(argv, cli);
  return { code, out: out.join(''), err: err.join(''), changes: snapshot.changes, closed };
}

const old = role(roleArn('ServiceTranslateStack-AuthenticatedRole86104F1A'), built.authenticated.trust, [
  {
    name: 'AWSIoTConfigAccess',
    arn: 'arn:aws:iam::aws:policy/AWSIoTConfigAccess',
    document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }] },
  },
]);

/** Everything that went wrong in the projects that Stepcast learnt from, in one deployment. */
const broken: Partial<Chain> = {
  sso: {
    ...healthySso,
    profile: found({ ...healthyProfile, roleName: 'stepcastoperator' }),
    credentials: known({ granted: false, errorName: 'ForbiddenException', message: 'No access' }),
  },
  poolRoles: known({ ...healthyPoolRoles, authenticated: old.arn }),
  roles: withRoles(old),
  attachedPolicies: known([]),
  prefixLevels: known(['1448a458-6061-70ce-fb89-543829daaa9d']),
  bucketPolicy: found<unknown>({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CognitoIdentityPoolAccess',
        Effect: 'Allow',
        Principal: { AWS: old.arn },
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        Resource: `arn:aws:s3:::${BUCKET}/users/*`,
      },
    ],
  }),
  stateMachine: found({ ...healthyMachine, logLevel: 'ERROR', includesExecutionData: false }),
  settingsFiles: [
    envFile(
      'app/.env',
      [
        'VITE_AWS_REGION=us-east-1',
        `VITE_COGNITO_USER_POOL_ID=${USER_POOL_ID}`,
        'VITE_ENCRYPTION_KEY=hidden',
      ],
      ['VITE_ENCRYPTION_KEY'],
    ),
  ],
};

describe('stepcast doctor', () => {
  it('prints a healthy deployment on one screen, and exits with 0', async () => {
    const { code, out, err, closed } = await run(['doctor', '--region', 'us-east-1']);
    expect({ code, err, closed }).toEqual({ code: 0, err: '', closed: true });
    expect(out).toMatchSnapshot();
  });

  it('prints a broken deployment with the broken links, why they matter and what mends them', async () => {
    const { code, out } = await run(['doctor', '--region', 'us-east-1'], { chain: broken });
    expect(code).toBe(2);
    expect(out).toMatchSnapshot();
  });

  it('colours only when told to, and says the same', async () => {
    const plain = await run(['doctor', '--region', 'us-east-1'], { chain: broken });
    const colored = await run(['doctor', '--region', 'us-east-1'], { chain: broken, color: true });
    expect(plain.out).not.toContain('\u001B');
    expect(colored.out).toContain('\u001B[31mFAIL\u001B[0m');
    const [first = '', ...painted] = colored.out.split('\u001B[');
    expect(first + painted.map((part) => part.slice(part.indexOf('m') + 1)).join('')).toBe(plain.out);
  });

  it('never breaks a command over lines', async () => {
    const { out } = await run(['doctor', '--region', 'us-east-1'], { chain: broken });
    const commands = out.split('\n').filter((line) => /^\s+aws /.test(line));
    expect(commands.length).toBeGreaterThan(5);
    for (const line of commands) expect(line.split("'").length % 2).toBe(1);
  });

  it('exits with 1 for warnings and with 3 when nothing could be checked', async () => {
    expect(
      (
        await run(['doctor', '--only', 'workflow'], {
          chain: { stateMachine: found({ ...healthyMachine, logLevel: 'ERROR' }) },
        })
      ).code,
    ).toBe(1);
    const gap = unavailable('cognito-identity:DescribeIdentityPool: AWS could not be reached (ENOTFOUND)');
    const blind = await run(['doctor', '--only', 'pool,names'], {
      chain: { identityPool: gap, poolRoles: gap, userPool: gap, userPoolClient: gap },
    });
    expect(blind.code).toBe(3);
    expect(blind.out).toContain('Nothing could be checked');
  });

  it('prints JSON of a stable shape', async () => {
    const { out, code } = await run(['doctor', '--json', '--only', 'iot.attachment,pool.id'], {
      chain: { attachedPolicies: known([]) },
    });
    expect(code).toBe(2);
    expect(out).toMatchSnapshot();
    const schema = z.strictObject({
      schema: z.literal('stepcast.doctor/v1'),
      region: z.string(),
      accountId: z.string().nullable(),
      result: z.enum(['ok', 'warnings', 'failures', 'nothingChecked']),
      exitCode: z.number(),
      links: z.array(
        z.strictObject({
          link: z.string(),
          title: z.string(),
          verdict: z.enum(['pass', 'fail', 'warn', 'couldNotCheck']),
          severity: z.enum(['none', 'warning', 'error', 'critical']),
          evidence: z.array(z.string()),
          why: z.string(),
          repair: z.array(z.string()),
        }),
      ),
      skipped: z.array(z.strictObject({ link: z.string(), reason: z.string() })),
      fixes: z.array(z.unknown()),
    });
    expect(parseJson(schema, out)).toMatchObject({ ok: true });
  });

  it('masks what AWS says', async () => {
    const secret = `eyJ${'a'.repeat(30)}.${'b'.repeat(30)}.${'c'.repeat(30)}`;
    const { out } = await run(['doctor', '--only', 'pool.id'], {
      chain: { identityPool: unavailable(`refused the token ${secret}`) },
    });
    expect(out).not.toContain(secret);
    expect(out).toContain('[hidden]');
  });

  it('fills in what the stack says and the command line does not', async () => {
    const { out, code } = await run(['doctor', '--only', 'pool.id,frontend'], {
      setup: { identityPoolId: undefined, userPoolId: undefined, stackName: 'stepcast' },
      chain: {
        stackOutputs: known({
          StepcastIdentityPoolId: healthySetup.identityPoolId ?? '',
          StepcastUserPoolId: USER_POOL_ID,
        }),
      },
    });
    expect(code).toBe(0);
    expect(out).toContain(`${healthySetup.identityPoolId ?? ''} is the identity pool "progress"`);
  });
});

describe('stepcast doctor --fix', () => {
  const chain = { attachedPolicies: known<readonly string[]>([]) };

  it('shows the change, asks, makes it, and reports how things are then', async () => {
    const { code, out, err, changes } = await run(['doctor', '--only', 'iot', '--fix'], {
      chain,
      answers: [true],
    });
    expect(err).toContain(`+ IoT policy stepcast-identity on identity ${IDENTITY_ID}`);
    expect(changes).toEqual([`attached stepcast-identity to ${IDENTITY_ID}`]);
    expect(out).toContain('iot.attachment: done');
    expect(code).toBe(0);
  });

  it('changes nothing when the answer is no, or when nobody can answer', async () => {
    for (const answers of [[false], undefined]) {
      const { code, out, changes } = await run(['doctor', '--only', 'iot', '--fix'], {
        chain,
        ...(answers === undefined ? {} : { answers }),
      });
      expect(changes).toEqual([]);
      expect(out).toContain('iot.attachment: declined');
      expect(code).toBe(2);
    }
  });

  it('does not ask with --yes', async () => {
    const { changes } = await run(['doctor', '--only', 'iot', '--fix', '--yes'], { chain });
    expect(changes).toHaveLength(1);
  });

  it('changes nothing that is not safe: no roles, no bucket policy, no logging', async () => {
    const { changes } = await run(['doctor', '--fix', '--yes'], {
      chain: {
        ...broken,
        settingsFiles: healthyChain.settingsFiles,
        roles: withRoles(old, authenticatedRole, guestRole),
      },
    });
    expect(changes).toEqual([`attached stepcast-identity to ${IDENTITY_ID}`]);
  });
});

describe('a command line that cannot be used', () => {
  it.each([
    [['doctor', '--only', 'nonsense'], /--only nonsense names no link; there are sso, operator, names/],
    [['doctor', '--json', '--fix'], /add --yes/],
    [['doctor', '--account-id', '12'], /--account-id 12 does not have 12 digits/],
    [['doctor', '--endpoint', 'nowhere'], /is no address/],
    [['doctor', '--nonsense'], /unknown option '--nonsense'/],
    [['permission-set', '--for', 'deploy'], /--account-id/],
    [
      ['permission-set', '--for', 'admin', '--account-id', '111122223333', '--region', 'us-east-1'],
      /--for is one of deploy/,
    ],
    [
      ['permission-set', '--for', 'deploy', '--account-id', '1', '--region', 'mars', '--bucket', '*'],
      /--account-id does not have 12 digits; --region is no region[^;]*; --bucket is no bucket name/,
    ],
    [['nonsense'], /unknown command 'nonsense'/],
  ])('%j is refused with what to do, and 64', async (argv, says) => {
    const { code, err, out } = await run(argv);
    expect(err).toMatch(says);
    expect({ code, out }).toEqual({ code: 64, out: '' });
  });

  it('prints help and exits with 0', async () => {
    const { code, out } = await run(['doctor', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--identity-pool-id');
  });
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
