import { describe, it } from 'vitest';
import { known, type SsoProfile } from '../evidence.ts';
import { ACCOUNT, found, healthyProfile, healthySso, notFound, NOW_MS } from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

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
