import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { known, unavailable, type SsoProfile } from '../evidence.ts';
import {
  ACCOUNT,
  envFile,
  found,
  healthyEnv,
  healthyProfile,
  healthySso,
  IDENTITY_ID,
  judge,
  notFound,
  NOW_MS,
  POOL_ID,
  USER_POOL_ID,
} from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import { distance, nearest } from './near.ts';
import { meaningOf } from './settings.ts';

const profile = (change: Partial<SsoProfile>) => ({
  sso: { ...healthySso, profile: found({ ...healthyProfile, ...change }) },
});
const forbidden = known({ granted: false, errorName: 'ForbiddenException', message: 'No access' } as const);

describe('sso.profile', () => {
  it('finds a profile that is not there, and names the one that was meant', () => {
    expectBroken('sso.profile', {
      setup: { profile: 'operater' },
      chain: { sso: { ...healthySso, profile: notFound } },
      says: /has no profile operater; it has default, operator/,
      repair: /^stepcast doctor --profile operator$/m,
      mends: false,
    });
  });

  it.each([
    [
      { session: { ...healthyProfile.session, startUrl: 'https://signin.aws.amazon.com' } },
      /is no address of an access portal/,
    ],
    [{ session: { ...healthyProfile.session, startUrl: undefined } }, /sso_start_url is missing/],
    [{ session: { ...healthyProfile.session, region: undefined } }, /sso_region is missing/],
    [{ accountId: '11112222333' }, /does not have 12 digits/],
    [{ roleName: undefined }, /sso_role_name is missing/],
    [
      { roleName: 'AWSReservedSSO_StepcastOperator_0123456789abcdef' },
      /must be the name of the permission set/,
    ],
  ])('finds %j', (change, says) => {
    expectBroken('sso.profile', {
      chain: profile(change),
      says,
      repair: /aws configure sso --profile operator/,
      mends: false,
    });
  });

  it('finds a session section that is missing', () => {
    expectBroken('sso.profile', {
      chain: profile({ session: undefined, missingSession: 'compny' }),
      says: /names the sso-session compny/,
      repair: /configure sso-session/,
      mends: false,
    });
  });

  it('warns of a profile without region', () => {
    expectBroken('sso.profile', {
      chain: profile({ region: undefined }),
      verdict: 'warn',
      says: /has no region/,
      repair: /aws configure set region us-east-1 --profile operator/,
    });
  });
});

describe('sso.login', () => {
  it('finds a sign-in that has expired, one of another portal, and none', () => {
    const repair = /aws sso login --profile operator/;
    const startUrl = 'https://d-1234567890.awsapps.com/start';
    expectBroken('sso.login', {
      chain: { sso: { ...healthySso, login: found({ startUrl, expiresAtMs: NOW_MS - 1 }) } },
      says: /the sign-in expired at 2026-11-03T10:14:59/,
      repair,
      mends: false,
    });
    expectBroken('sso.login', {
      chain: {
        sso: {
          ...healthySso,
          login: found({ startUrl: 'https://other.awsapps.com/start', expiresAtMs: NOW_MS + 1 }),
        },
      },
      says: /the sign-in is of https:\/\/other\.awsapps\.com\/start/,
      repair,
      mends: false,
    });
    expectBroken('sso.login', {
      chain: {
        sso: {
          ...healthySso,
          login: notFound,
          otherLogins: known([{ startUrl: 'https://other.awsapps.com/start', expiresAtMs: 0 }]),
        },
      },
      says: /nobody is signed in[\s\S]*another portal/,
      repair,
      mends: false,
    });
  });
});

describe('ForbiddenException: No access', () => {
  it('is an account that is not assigned', () => {
    expectBroken('sso.account', {
      chain: { sso: { ...healthySso, accounts: known([{ id: '444455556666', name: 'other' }]) } },
      says: /is not assigned to you: every call ends in "ForbiddenException: No access"/,
      repair: /create-account-assignment/,
      mends: false,
    });
  });

  it('or a slip in its number', () => {
    expectBroken('sso.account', {
      chain: profile({ accountId: '111122223334' }),
      says: /assigned to you: 111122223333/,
      repair: /aws configure set sso_account_id 111122223333 --profile operator/,
    });
  });

  it.each(['stepcastoperator', 'StepcastOperatr', 'AWSReservedSSO_StepcastOperator_0123456789abcdef'])(
    'or %s in the place of the permission set’s name, which is corrected',
    (roleName) => {
      expectBroken('sso.role', {
        chain: profile({ roleName }),
        says: /but the permission set is called StepcastOperator/,
        repair: /aws configure set sso_role_name StepcastOperator --profile operator/,
      });
    },
  );

  it('or a permission set that is not assigned', () => {
    expectBroken('sso.role', {
      chain: profile({ roleName: 'AdministratorAccess' }),
      says: /assigned there: StepcastOperator, ViewOnlyAccess/,
      repair: /stepcast permission-set --for deploy/,
      mends: false,
    });
  });

  it('or an assignment on its way, when account and role are listed', () => {
    expectBroken('sso.credentials', {
      chain: { sso: { ...healthySso, credentials: forbidden } },
      verdict: 'warn',
      says: /ForbiddenException: No access[\s\S]*not provisioned yet/,
      repair: /wait two minutes/,
      mends: false,
    });
    expectBroken('sso.credentials', {
      chain: { sso: { ...healthySso, credentials: forbidden, roleNames: known([]) } },
      says: /assignment, or a slip in the profile/,
      repair: /--only sso/,
      mends: false,
    });
  });

  it('and not a token that is no longer taken', () => {
    expectBroken('sso.credentials', {
      chain: {
        sso: {
          ...healthySso,
          credentials: known({
            granted: false,
            errorName: 'UnauthorizedException',
            message: 'Session token not found or invalid',
          }),
        },
      },
      says: /not accepted any more/,
      repair: /aws sso login/,
      mends: false,
    });
  });
});

describe('operator.caller', () => {
  it('finds the wrong account', () => {
    expectBroken('operator.caller', {
      chain: {
        caller: known({ accountId: '444455556666', arn: 'arn:aws:sts::444455556666:assumed-role/x/y' }),
      },
      says: /but the deployment is in 111122223333/,
      repair: /stepcast doctor --profile NAME/,
      mends: false,
    });
  });

  it('warns of the root user', () => {
    expectBroken('operator.caller', {
      chain: { caller: known({ accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` }) },
      verdict: 'warn',
      says: /root user/,
      repair: /permission-set --for operate/,
      mends: false,
    });
  });
});

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

describe('what was probably meant', () => {
  it('is never further than the rule says, and always one of those that are there', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (text, candidates) => {
        const meant = nearest(text, candidates);
        return meant === undefined || candidates.includes(meant);
      }),
    );
  });

  it('counts edits as a distance: symmetric, nothing for equal texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(distance(one, other)).toBe(distance(other, one));
        expect(distance(one, one)).toBe(0);
        expect(distance(one, other) === 0).toBe(one === other);
      }),
    );
  });
});
