import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { patience } from '@stepcast/operations';
import { createSsoPortal } from './sso-portal.adapter.ts';

const TOKEN = 'aoaAAAAAG-this-token-is-never-printed-anywhere';
const START_URL = 'https://d-1234567890.awsapps.com/start';

let directory = '';
let server: Server;
let endpoint = '';
let asked: string[] = [];
let grant: { readonly status: number; readonly type: string; readonly message: string } | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-sso-'));
  await mkdir(join(directory, 'cache'));
  await writeFile(
    join(directory, 'config'),
    `[default]
region = us-east-1
[profile operator]
sso_session = company
sso_account_id = 111122223333
sso_role_name = StepcastOperator
region = us-east-1
[profile lost]
sso_session = nowhere
[profile old]
sso_start_url = ${START_URL}
sso_region = us-east-1
sso_account_id = 444455556666
sso_role_name = StepcastOperator
[sso-session company]
sso_start_url = ${START_URL}
sso_region = us-east-1
`,
  );
  const cached = (key: string) =>
    join(directory, 'cache', `${createHash('sha1').update(key).digest('hex')}.json`);
  const login = {
    startUrl: START_URL,
    region: 'us-east-1',
    accessToken: TOKEN,
    expiresAt: '2026-11-03T18:00:00Z',
  };
  await writeFile(cached('company'), JSON.stringify(login));
  await writeFile(cached(START_URL), JSON.stringify({ ...login, expiresAt: '2026-11-03T09:00:00UTC' }));
  // The registration of a client, which is no sign-in.
  await writeFile(
    join(directory, 'cache', 'botocore.json'),
    JSON.stringify({ clientId: 'x', clientSecret: 'y' }),
  );

  // The access portal, as the SDK asks it.
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://portal');
    asked.push(url.pathname);
    const send = (status: number, body: object, type?: string) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
      });
      response.end(JSON.stringify(body));
    };
    if (request.headers['x-amz-sso_bearer_token'] !== TOKEN)
      send(401, { message: 'Session token not found or invalid' }, 'UnauthorizedException');
    else if (url.pathname === '/assignment/accounts')
      send(200, { accountList: [{ accountId: '111122223333', accountName: 'progress' }] });
    else if (url.pathname === '/assignment/roles')
      send(200, { roleList: [{ roleName: 'StepcastOperator', accountId: '111122223333' }] });
    else if (grant !== undefined) send(grant.status, { message: grant.message }, grant.type);
    else
      send(200, {
        roleCredentials: {
          accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
          secretAccessKey: 'secret-never-printed',
          sessionToken: 'session-never-printed',
          expiration: 1,
        },
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  asked = [];
  grant = undefined;
});

const portal = () =>
  createSsoPortal({
    configPath: join(directory, 'config'),
    credentialsPath: join(directory, 'credentials'),
    cacheDirectory: join(directory, 'cache'),
    endpoint,
    maxAttempts: 1,
    requestHandler: { ...patience.requestHandler, connectionTimeout: 2_000, requestTimeout: 2_000 },
  });

describe('the access portal', () => {
  it('is asked for accounts, permission sets and credentials; no token and no key comes back', async () => {
    const evidence = await portal().evidence('operator');
    expect(evidence).toMatchObject({
      profile: {
        value: { value: { accountId: '111122223333', session: { name: 'company', startUrl: START_URL } } },
      },
      login: {
        value: {
          found: true,
          value: { startUrl: START_URL, expiresAtMs: Date.parse('2026-11-03T18:00:00Z') },
        },
      },
      accounts: { value: [{ id: '111122223333', name: 'progress' }] },
      roleNames: { value: ['StepcastOperator'] },
      credentials: { value: { granted: true } },
    });
    const text = JSON.stringify(evidence);
    for (const secret of [TOKEN, 'never-printed', 'ASIAEXAMPLE']) expect(text).not.toContain(secret);
  });

  it('answers "No access", which is believed only the second time', async () => {
    grant = { status: 403, type: 'ForbiddenException', message: 'No access' };
    const { credentials } = await portal().evidence('operator');
    expect(credentials).toEqual({
      state: 'known',
      value: { granted: false, errorName: 'ForbiddenException', message: 'No access' },
    });
    expect(asked.filter((path) => path === '/federation/credentials')).toHaveLength(2);
  });

  it('is not asked for the permission sets of an account that is not assigned', async () => {
    const { roleNames, accounts } = await portal().evidence('old');
    expect(accounts).toMatchObject({ state: 'known' });
    expect(roleNames).toEqual({ state: 'known', value: [] });
    expect(asked).not.toContain('/assignment/roles');
  });

  it('reads the older form of profiles and of the expiry', async () => {
    const { login } = await portal().evidence('old');
    expect(login).toMatchObject({ value: { value: { expiresAtMs: Date.parse('2026-11-03T09:00:00Z') } } });
  });

  it('knows a profile that is not there, and a session that is no section', async () => {
    const none = await portal().evidence('nobody');
    expect(none.profile).toEqual({ state: 'known', value: { found: false } });
    expect(none.profiles).toEqual({ state: 'known', value: ['default', 'operator', 'lost', 'old'] });
    expect((await portal().evidence('lost')).profile).toMatchObject({
      value: { value: { missingSession: 'nowhere', session: undefined } },
    });
    expect(asked).toEqual([]);
  });

  it('takes the lack of a configuration file and of a cache for an answer', async () => {
    const empty = createSsoPortal({
      configPath: join(directory, 'no-config'),
      credentialsPath: join(directory, 'no-credentials'),
      cacheDirectory: join(directory, 'no-cache'),
      endpoint,
      maxAttempts: 1,
      requestHandler: { ...patience.requestHandler, connectionTimeout: 2_000, requestTimeout: 2_000 },
    });
    const { profile, login } = await empty.evidence('operator');
    expect(profile).toEqual({ state: 'known', value: { found: false } });
    expect(login).toEqual({ state: 'known', value: { found: false } });
  });
});
