import { describe, expect, it } from 'vitest';
import { known, unavailable } from '../evidence.ts';
import { envFile, healthyEnv, IDENTITY_ID, judge, POOL_ID, USER_POOL_ID } from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import { meaningOf } from './settings.ts';

describe('frontend.values', () => {
  const file = (...lines: readonly string[]) => ({ settingsFiles: [envFile('app/.env', lines)] });
  const replaced = (name: string, value: string) =>
    file(...healthyEnv.map((line) => (line.startsWith(`${name}=`) ? `${name}=${value}` : line)));

  it('finds a user pool without an identity pool, and gives the line to add', () => {
    expectBroken('frontend.values', {
      chain: file('VITE_AWS_REGION=us-east-1', `VITE_COGNITO_USER_POOL_ID=${USER_POOL_ID}`),
      says: /no identity pool \(VITE_COGNITO_IDENTITY_POOL_ID\): people can sign in, but get no AWS credentials/,
      repair: new RegExp(`VITE_COGNITO_IDENTITY_POOL_ID=${POOL_ID}.* >> app/\\.env`),
      mends: false,
    });
  });

  it.each([
    ['VITE_COGNITO_IDENTITY_POOL_ID', IDENTITY_ID, /not the deployed pool; if it is from a log/],
    [
      'VITE_COGNITO_IDENTITY_POOL_ID',
      'us-east-1:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
      /still the placeholder/,
    ],
    ['VITE_COGNITO_IDENTITY_POOL_ID', USER_POOL_ID, /a user pool ID; an identity pool ID is region:guid/],
    ['VITE_COGNITO_USER_POOL_ID', POOL_ID, /an identity pool ID; a user pool ID is region_name/],
    ['VITE_COGNITO_CLIENT_ID', 'another', /but 7h2k9q0m4v8t1c6r3p5s0w2x9z is deployed/],
    ['VITE_AWS_REGION', 'eu-west-1', /is eu-west-1, but us-east-1 is deployed/],
    ['VITE_IOT_ENDPOINT', 'wss://a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com/mqtt', /not the -ats endpoint/],
    ['VITE_UPLOAD_BUCKET', 'other-bucket', /is other-bucket, but/],
  ])('finds %s=%s', (name, value, says) => {
    const result = expectBroken('frontend.values', {
      chain: replaced(name, value),
      says,
      repair: /sed -i\.bak/,
      mends: false,
    });
    const [fix] = result.fixes;
    expect(fix).toMatchObject({ kind: 'setSetting', path: 'app/.env', name });
    // What the fix writes is what the link wants.
    const value_ = fix?.kind === 'setSetting' ? fix.value : '';
    expect(judge('frontend.values', replaced(name, value_))).toMatchObject({ verdict: 'pass' });
  });

  it('finds an identity ID in a backend’s JSON, under its own spelling of the name', () => {
    expectBroken('frontend.values', {
      chain: {
        settingsFiles: [
          {
            path: 'config/dev.json',
            entries: known([
              { name: 'cognito_identity_pool_id', value: IDENTITY_ID, withheld: false, line: undefined },
            ]),
          },
        ],
      },
      says: /config\/dev\.json: cognito_identity_pool_id is us-east-1:1f0e/,
      repair: new RegExp(`set "cognito_identity_pool_id" to "${POOL_ID}"`),
      mends: false,
    });
  });

  it('does not judge a file that cannot be read', () => {
    expect(
      judge('frontend.values', {
        settingsFiles: [{ path: 'x', entries: unavailable('there is no such file') }],
      }),
    ).toMatchObject({ verdict: 'couldNotCheck', evidence: ['x: there is no such file'] });
  });

  it.each([
    ['VITE_COGNITO_IDENTITY_POOL_ID', 'identityPoolId'],
    ['cognito_identity_pool_id', 'identityPoolId'],
    ['cognitoIdentityPoolId', 'identityPoolId'],
    ['VITE_COGNITO_USER_POOL_ID', 'userPoolId'],
    ['cognitoUserPoolId', 'userPoolId'],
    ['VITE_COGNITO_CLIENT_ID', 'userPoolClientId'],
    ['STEPCAST_USER_POOL_CLIENT_ID', 'userPoolClientId'],
    ['VITE_AWS_REGION', 'region'],
    ['VITE_HTTP_API_URL', undefined],
    ['MQTT_CLIENT_ID', undefined],
  ])('takes %s for %s', (name, meaning) => {
    expect(meaningOf(name)).toBe(meaning);
  });
});

describe('frontend.secrets', () => {
  it('finds a secret under a public name, and does not print it', () => {
    const result = expectBroken('frontend.secrets', {
      chain: {
        settingsFiles: [
          envFile('app/.env', ['VITE_ENCRYPTION_KEY=0123456789abcdef'], ['VITE_ENCRYPTION_KEY']),
        ],
      },
      says: /VITE_ENCRYPTION_KEY is sent to every visitor \(value hidden\)/,
      repair: /move what VITE_ENCRYPTION_KEY is used for into a service/,
      mends: false,
    });
    expect(result.severity).toBe('critical');
    expect(JSON.stringify(result)).not.toContain('0123456789abcdef');
  });
});
