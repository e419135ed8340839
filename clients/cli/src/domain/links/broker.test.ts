import { describe, expect, it } from 'vitest';
import type { PolicyDocument, PolicyStatement } from '@stepcast/policies';
import { known } from '../evidence.ts';
import {
  AUTHENTICATED,
  built,
  found,
  IDENTITY_ID,
  judge,
  notFound,
  POOL_ID,
  role,
  withRoles,
} from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

const arn = (resource: string) => `arn:aws:iot:us-east-1:111122223333:${resource}`;
const sub = '${cognito-identity.amazonaws.com:sub}';

/** The shipped IoT policy with one statement in another form. */
function iotPolicy(sid: string, change: Partial<PolicyStatement>) {
  const document: PolicyDocument = {
    Version: '2012-10-17',
    Statement: built.iotPolicy.document.Statement.map((one) =>
      one.Sid === sid ? { ...one, ...change } : one,
    ),
  };
  return { iotPolicy: found({ name: built.iotPolicy.name, document }) };
}

function roleWith(document: PolicyDocument) {
  return {
    roles: withRoles(
      role(AUTHENTICATED, built.authenticated.trust, [{ name: 'stepcast-authenticated', document }]),
    ),
  };
}

describe('iot.policy', () => {
  it('finds that there is none, and creates it', () => {
    expectBroken('iot.policy', {
      chain: { iotPolicy: notFound },
      says: /there is no IoT policy stepcast-identity in us-east-1/,
      repair: /create-policy --policy-name stepcast-identity/,
    });
  });

  it('finds an ARN in the place of the name', () => {
    expectBroken('iot.policy', {
      setup: { iotPolicyName: arn('policy/stepcast-identity') },
      says: /is an ARN/,
      repair: /stepcast doctor --iot-policy stepcast-identity/,
      mends: false,
    });
  });
});

describe('iot.attachment', () => {
  it('finds that nothing is attached, and attaches', () => {
    const result = expectBroken('iot.attachment', {
      chain: { attachedPolicies: known([]) },
      says: /nothing is attached to us-east-1:1f0e/,
      repair: new RegExp(`aws iot attach-policy --policy-name stepcast-identity --target ${IDENTITY_ID}`),
    });
    expect(result.fixes).toEqual([
      { kind: 'attachIotPolicy', policyName: 'stepcast-identity', identityId: IDENTITY_ID },
    ]);
  });

  it('finds another policy attached', () => {
    expectBroken('iot.attachment', {
      chain: { attachedPolicies: known(['amplify-policy']) },
      says: /amplify-policy; not stepcast-identity/,
      repair: /attach-policy/,
    });
  });

  it('finds the pool in the place of an identity', () => {
    expectBroken('iot.attachment', {
      setup: { identityId: POOL_ID },
      says: /gives its members nothing/,
      repair: /list-identities/,
      mends: false,
    });
  });

  it('does not judge without an identity, and says how to find one', () => {
    expect(judge('iot.attachment', {}, { identityId: undefined })).toMatchObject({
      verdict: 'couldNotCheck',
      repair: [expect.stringContaining('list-targets-for-policy')],
    });
  });
});

describe('iot.wildcards', () => {
  it('finds MQTT wildcards that the policy takes literally, in the IoT policy', () => {
    expectBroken('iot.wildcards', {
      chain: iotPolicy('SubscribeOwnTopics', { Resource: arn(`topicfilter/stepcast/v1/${sub}/#`) }),
      says: /is taken literally; meant is arn:aws:iot:us-east-1:111122223333:topicfilter\/stepcast\/v1\/\$\{cognito-identity\.amazonaws\.com:sub\}\/\*/,
      repair: /create-policy-version --policy-name stepcast-identity --set-as-default/,
    });
  });

  it('and in the role', () => {
    expectBroken('iot.wildcards', {
      chain: roleWith({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'iot:Subscribe',
            Resource: arn(`topicfilter/stepcast/v1/${sub}/uploads/+/events`),
          },
        ],
      }),
      says: /policy stepcast-authenticated of stepcast-authenticated: .*\+\/events is taken literally/,
      repair: /put-role-policy/,
    });
  });
});

describe('iot.topicfilter', () => {
  it('finds topic in the place of topicfilter', () => {
    expectBroken('iot.topicfilter', {
      chain: iotPolicy('SubscribeOwnTopics', { Resource: arn(`topic/stepcast/v1/${sub}/*`) }),
      says: /iot:Subscribe names .*:topic\/.* but is decided on topicfilter/,
      repair: /create-policy-version/,
    });
  });

  it('finds topicfilter in the place of topic', () => {
    expectBroken('iot.topicfilter', {
      chain: iotPolicy('ReceiveOwnTopics', { Resource: arn(`topicfilter/stepcast/v1/${sub}/*`) }),
      says: /iot:Receive names .* but is decided on topic/,
      repair: /create-policy-version/,
    });
  });
});

describe('iot.clientId', () => {
  const tautology = { Resource: arn('client/${iot:ClientId}') };

  it('finds that everybody may take everybody’s client ID', () => {
    const result = expectBroken('iot.clientId', {
      chain: {
        ...iotPolicy('ConnectAsSelf', tautology),
        ...roleWith({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: ['iot:Connect', 'iot:Subscribe'], Resource: '*' }],
        }),
      },
      says: /which is every client ID/,
      repair: /create-policy-version/,
    });
    expect(result.severity).toBe('critical');
  });

  it('warns when only the other layer still refuses', () => {
    expectBroken('iot.clientId', {
      chain: iotPolicy('ConnectAsSelf', tautology),
      verdict: 'warn',
      says: /the other layer still refuses/,
      repair: /create-policy-version/,
    });
  });

  it('finds a rule under which nobody can connect', () => {
    expectBroken('iot.clientId', {
      chain: iotPolicy('ConnectAsSelf', { Resource: arn(`client/${sub}`) }),
      says: /does not let an identity connect as \{identityId\}-\{something\}/,
      repair: /create-policy-version/,
    });
  });
});

describe('iot.persistentSession', () => {
  const Condition = { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] } };
  const roleAllowing = roleWith({
    Version: '2012-10-17',
    Statement: built.authenticated.document.Statement.map((one) =>
      one.Sid === 'ConnectAsSelf' ? { ...one, Condition } : one,
    ),
  });

  it('finds that sessions that last are refused where clients ask for them', () => {
    expectBroken('iot.persistentSession', {
      setup: { persistentSessions: true },
      says: /the role and the IoT policy refuse a session that lasts/,
      repair: /ForAllValues:StringEquals/,
      mends: false,
    });
    expect(
      judge(
        'iot.persistentSession',
        { ...roleAllowing, ...iotPolicy('ConnectAsSelf', { Condition }) },
        { persistentSessions: true },
      ),
    ).toMatchObject({ verdict: 'pass', evidence: ['allowed by both layers'] });
  });

  it('warns when only one of the two documents speaks of it', () => {
    expectBroken('iot.persistentSession', {
      chain: roleAllowing,
      verdict: 'warn',
      says: /only the IoT policy refuses/,
      repair: /let both documents say the same/,
      mends: false,
    });
  });
});

describe('iot.authorization', () => {
  const refused = known([{ action: 'iot:Connect', resource: arn('client/x'), decision: 'IMPLICIT_DENY' }]);

  it('takes a refusal of what is attached and allowed for a change on its way', () => {
    expectBroken('iot.authorization', {
      chain: { iotVerdicts: refused },
      verdict: 'warn',
      says: /it is on its way, or the role refuses/,
      repair: /wait some minutes/,
      mends: false,
    });
  });

  it('takes a refusal of what is not attached for a failure', () => {
    expectBroken('iot.authorization', {
      chain: { iotVerdicts: refused, attachedPolicies: known([]) },
      says: /IMPLICIT_DENY: iot:Connect on/,
      repair: /see iot.attachment/,
      mends: false,
    });
  });
});
