import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { Settings } from './settings.ts';
import { VARIANTS } from './testing/index.ts';
import { childEnvironment } from './testing/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepcast-synth-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const main = ['--conditions=stepcast-source', join(import.meta.dirname, 'main.ts')];

describe('npm run synth', () => {
  it('writes the template, and says where it is and what comes next', () => {
    const settings = join(folder, 'mine.json');
    const out = join(folder, 'out');
    writeFileSync(settings, JSON.stringify(VARIANTS.existing));
    const said = execFileSync(process.execPath, [...main, '--settings', settings, '--out', out], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: childEnvironment(false),
      timeout: 300_000,
      killSignal: 'SIGKILL',
    });
    const template = join(out, 'Stepcast.template.json');
    expect(existsSync(template)).toBe(true);
    expect(said).toContain(`The template: ${template}`);
    // Without it the CDK does not know which account and region: "Specify an environment name".
    expect(said).toContain(`bootstrap --app ${out}`);
    expect(said).toContain(`deploy --app ${out}`);
    expect(said).toContain('doctor --stack stepcast');
  });

  it('names what is wrong in the settings, and writes nothing', () => {
    const settings = join(folder, 'wrong.json');
    writeFileSync(settings, JSON.stringify({ ...VARIANTS.plain, iotEndpoint: 'https://x', guest: true }));
    const { status, stderr } = spawnSync(
      process.execPath,
      [...main, '--settings', settings, '--out', join(folder, 'none')],
      { encoding: 'utf8', timeout: 300_000, killSignal: 'SIGKILL' },
    );
    expect(status).toBe(65);
    expect(stderr).toMatch(/iotEndpoint: is no -ats data endpoint/);
    expect(stderr).toMatch(/guest: there is no such setting/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  const refused = (...words: readonly string[]) =>
    spawnSync(process.execPath, [...main, ...words], {
      encoding: 'utf8',
      timeout: 300_000,
      killSignal: 'SIGKILL',
    });

  it('says in a line that there is no such file', () => {
    const path = join(folder, 'nowhere.json');
    const { status, stderr } = refused('--settings', path);
    expect({ status, stderr }).toEqual({ status: 65, stderr: `${path}: there is no such file\n` });
  });

  it('says in a line which option is misspelt', () => {
    const { status, stderr } = refused('--setings', 'x.json');
    expect(status).toBe(64);
    expect(stderr).toMatch(/^synth: [^\n]*--setings[^\n]*\n$/);
  });

  it('says in a line what only the policies refuse, and no stack trace', () => {
    const settings = join(folder, 'pattern.json');
    writeFileSync(settings, JSON.stringify({ ...VARIANTS.plain, kvs: { channelPattern: 'a b' } }));
    const { status, stderr } = refused('--settings', settings, '--out', join(folder, 'pattern'));
    expect(status).toBe(65);
    expect(stderr).toMatch(/^[^\n]*pattern\.json: [^\n]*kvs\.channelPattern[^\n]*\n$/);
  });
});

describe('the settings', () => {
  it('of the example can be used', () => {
    const text = readFileSync(join(import.meta.dirname, '..', 'settings.example.json'), 'utf8');
    expect(parseJson(Settings, text).ok).toBe(true);
  });

  it.each([
    ['a state machine by name', { stateMachineArn: 'PhotoPipeline' }],
    ['an origin with a path', { origins: ['https://app.example.com/'] }],
    ['no origin', { origins: [] }],
    ['a retention that CloudWatch Logs does not take', { logRetentionDays: 31 }],
    ['a journal that forgets before a redrive', { retentionDays: 7 }],
    ['a size that there is not', { size: 'medium' }],
    ['copies below their own least', { size: 'large', copies: { publisher: { min: 3, max: 2 } } }],
    ['copies of what is only one', { copies: { publisher: 2 } }],
    ['a stack that the permission sets do not cover', { stackName: 'progress' }],
    [
      'a user pool for an identity pool',
      { identityPool: { identityPoolId: 'us-east-1_Ab3dEf9Gh', authenticatedRoleName: 'x' } },
    ],
    ['an address for alarms that is none', { alarmEmail: 'operators' }],
    [
      'two ways to hear of alarms',
      { alarmEmail: 'operators@example.com', alarmTopicArn: VARIANTS.full.alarmTopicArn },
    ],
    [
      'a projection that is no JMESPath',
      { projections: [{ name: 'pages', on: 'output', expression: 'pages[' }] },
    ],
    ['a path of inputs that is no JMESPath', { ownership: { inputPaths: [{ uri: 'manifest[' }] } }],
    [
      'paths of inputs that Stepcast writes itself',
      { startMode: 'managed', ownership: { inputPaths: [{ event: 'event' }] } },
    ],
    ['an ARN of something else than an event bus', { feedEventBus: 'arn:aws:sns:us-east-1:111122223333:x' }],
    ['an event bus with a wildcard', { feedEventBus: '*' }],
    ['an ARN of a bucket', { bucket: 'arn:aws:s3:::uploads' }],
  ])('are refused with %s', (_what, change) => {
    expect(Settings.safeParse({ ...VARIANTS.plain, ...change }).success).toBe(false);
  });

  it('keep the types of results to themselves: variables of a function take 4 KB', () => {
    const projection = { name: 'pages', on: 'output', expression: 'pages' };
    const typed = { ...projection, schema: { type: 'integer' } };
    expect(Settings.parse({ ...VARIANTS.plain, projections: [typed] }).projections).toBe(
      JSON.stringify([projection]),
    );
    expect(
      Settings.safeParse({
        ...VARIANTS.plain,
        projections: [{ ...projection, schema: { type: 'string', pattern: '^a' } }],
      }).success,
    ).toBe(false);
  });
});
