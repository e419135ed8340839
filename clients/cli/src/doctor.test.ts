import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { QUEUE_NAMES } from '@stepcast/wire';
import * as z from 'zod';
import { known, unavailable } from './domain/evidence.ts';
import {
  authenticatedRole,
  found,
  guestRole,
  healthyChain,
  healthyMachine,
  healthySetup,
  IDENTITY_ID,
  notFound,
  queues,
  USER_POOL_ID,
  withRoles,
} from './testing/fixtures.ts';
import { adminRole, brokenChain } from './testing/broken-chain.ts';
import { run } from './testing/run-cli.ts';

const stackWith = (outputs: Readonly<Record<string, string>>) =>
  found({ status: 'CREATE_COMPLETE', outputs });

describe('stepcast doctor', () => {
  it('prints a healthy deployment on one screen, and exits with 0', async () => {
    const { code, out, err, closed } = await run(['doctor', '--region', 'us-east-1']);
    expect({ code, err, closed }).toEqual({ code: 0, err: '', closed: true });
    expect(out).toMatchSnapshot();
  });

  it('prints a broken deployment with the broken links, why they matter and what mends them', async () => {
    const { code, out } = await run(['doctor', '--region', 'us-east-1'], { chain: brokenChain });
    expect(code).toBe(2);
    expect(out).toMatchSnapshot();
  });

  it('colours only on demand, and says the same', async () => {
    const plain = await run(['doctor', '--region', 'us-east-1'], { chain: brokenChain });
    const colored = await run(['doctor', '--region', 'us-east-1'], { chain: brokenChain, color: true });
    expect(plain.out).not.toContain('\u001B');
    expect(colored.out).toContain('\u001B[31mFAIL\u001B[0m');
    const [first = '', ...painted] = colored.out.split('\u001B[');
    expect(first + painted.map((part) => part.slice(part.indexOf('m') + 1)).join('')).toBe(plain.out);
  });

  it('never breaks a command over lines', async () => {
    const { out } = await run(['doctor', '--region', 'us-east-1'], { chain: brokenChain });
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

  it('exits with 3 when something could not be checked, whatever else is well', async () => {
    const gap = unavailable('cognito-identity:DescribeIdentityPool: AWS could not be reached (ENOTFOUND)');
    const partly = await run(['doctor', '--only', 'pool,iot.policy'], { chain: { identityPool: gap } });
    expect(partly.code).toBe(3);
    expect(partly.out).toContain('Not everything could be checked, so the exit code is 3');
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
      result: z.enum(['ok', 'warnings', 'failures', 'notAllChecked', 'nothingChecked']),
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

  it('knows the size of the deployment from the stack', async () => {
    const asked = (size: string) =>
      run(['doctor', '--only', 'queues.exist'], {
        setup: { stackName: 'stepcast' },
        chain: {
          stack: stackWith({ Size: size }),
          queues: queues([QUEUE_NAMES.progress, notFound]),
        },
      });
    expect((await asked('small')).code).toBe(0);
    expect((await asked('large')).out).toContain('stepcast-progress.fifo (progress) does not exist');
  });

  it.each([
    ['a stack that is not there', notFound, 'there is no stack stepcst in us-east-1'],
    [
      'a stack whose creation failed',
      found({ status: 'ROLLBACK_COMPLETE', outputs: {} }),
      'stepcst is ROLLBACK_COMPLETE: nothing of it is in use',
    ],
  ])('says of %s just that, where it once said to make the queues by hand', async (_what, stack, says) => {
    const { code, out } = await run(['doctor', '--stack', 'stepcst', '--region', 'us-east-1'], {
      setup: { stackName: 'stepcst', identityPoolId: undefined, bucket: undefined },
      chain: { stack, queues: queues([QUEUE_NAMES.events, notFound]) },
    });
    expect(code).toBe(2);
    expect(out).toContain(`- ${says}`);
    expect(out).toContain('The first broken link is operator.stack');
    expect(out.match(/^ +FAIL /gm)).toHaveLength(1);
    expect(out).not.toMatch(/create-queue|no identity pool ID is given/);
    expect(out).toMatch(new RegExp(`^ +pool\\.id, .*queues\\.deadLetters: ${says}$`, 'm'));
  });

  it('says that the stack is not there, whatever it was asked to check', async () => {
    const { code, out } = await run(['doctor', '--stack', 'stepcst', '--only', 'queues'], {
      setup: { stackName: 'stepcst' },
      chain: { stack: notFound, queues: queues([QUEUE_NAMES.events, notFound]) },
    });
    expect({ code, failed: out.match(/FAIL +[\w.]+/g) }).toEqual({
      code: 2,
      failed: [expect.stringMatching(/operator\.stack$/)],
    });
  });

  it('checks what it can where it may not read the stack, and says that it may not', async () => {
    const { code, out } = await run(['doctor', '--stack', 'stepcast', '--only', 'queues.exist'], {
      setup: { stackName: 'stepcast' },
      chain: { stack: unavailable('cloudformation:DescribeStacks: not allowed to look') },
    });
    expect(code).toBe(3);
    expect(out).toMatch(/\? +operator\.stack +could not check: cloudformation:DescribeStacks/);
    expect(out).toMatch(/pass +queues\.exist/);
  });

  it('does not take for missing what only the stack could have said, and tells how to sign in', async () => {
    const gap = unavailable('sts:GetCallerIdentity: no AWS credentials (Could not load credentials)');
    const { code, out } = await run(['doctor', '--stack', 'stepcast', '--only', 'operator,pool.id'], {
      setup: { stackName: 'stepcast', identityPoolId: undefined },
      chain: { stack: gap, caller: gap },
    });
    expect(code).toBe(3);
    expect(out).not.toContain('FAIL');
    expect(out).toContain('stepcast could not be asked for it (see operator.stack)');
    expect(out).toMatch(/aws sso login.*--profile/);
  });

  it('warns where the stack is being changed', async () => {
    const { code, out } = await run(['doctor', '--stack', 'stepcast', '--only', 'queues.exist'], {
      setup: { stackName: 'stepcast' },
      chain: { stack: found({ status: 'UPDATE_IN_PROGRESS', outputs: {} }) },
    });
    expect(code).toBe(1);
    expect(out).toContain('stepcast is UPDATE_IN_PROGRESS');
  });

  it('fills in what the stack says and the command line does not', async () => {
    const { out, code } = await run(['doctor', '--only', 'pool.id,frontend'], {
      setup: { identityPoolId: undefined, userPoolId: undefined, stackName: 'stepcast' },
      chain: {
        stack: stackWith({
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
        ...brokenChain,
        settingsFiles: healthyChain.settingsFiles,
        roles: withRoles(adminRole, authenticatedRole, guestRole),
      },
    });
    expect(changes).toEqual([`attached stepcast-identity to ${IDENTITY_ID}`]);
  });
});
