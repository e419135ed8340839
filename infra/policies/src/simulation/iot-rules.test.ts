import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '../document.ts';
import { IDENTITY_VARIABLE } from '../documents/arns.ts';
import { OPERATOR_COMMANDS } from '../documents/operator/grants.ts';
import { operatorPolicy } from '../documents/operator/operator-policy.ts';
import { built, ROLES } from './deployed-roles.fixture.ts';
import { IOT_RULES, iotViolations, type Holder } from './iot-rules.ts';

const namespace = 'stepcast/v1';
const people: readonly string[] = ['authenticated', 'guest', 'speaker', 'listener'];
const documents = [
  ['the IoT policy of identities', built.iotPolicy.document, 'person'] as const,
  ...Object.entries(ROLES).flatMap(([name, role]) =>
    role === undefined
      ? []
      : [[`the role of "${name}"`, role.document, people.includes(name) ? 'person' : 'service'] as const],
  ),
  ...OPERATOR_COMMANDS.map(
    (command) =>
      [
        `the operator’s "${command}"`,
        operatorPolicy({ partition: 'aws', region: 'us-east-1', accountId: '111122223333' }, [command]),
        'operator',
      ] as const,
  ),
];

describe('every document that speaks of AWS IoT', () => {
  it.each(documents)('%s breaks no rule', (_name, document, holder) => {
    expect(iotViolations(document, { holder, namespace })).toEqual([]);
  });
});

describe('the rules', () => {
  const iot = (rest: string): string => `arn:aws:iot:us-east-1:111122223333:${rest}`;
  const own = `topic/${namespace}/${IDENTITY_VARIABLE}/overview`;
  const cases: readonly (readonly [rule: string, holder: Holder, statement: Partial<PolicyStatement>])[] = [
    ['no action is a pattern', 'service', { Action: 'iot:*', Resource: iot('client/stepcast-a-*') }],
    ['no action is a pattern', 'service', { Action: '*', Resource: '*' }],
    ['nothing of MQTT is allowed on every resource', 'service', { Action: 'iot:Publish', Resource: '*' }],
    ['nobody connects under any client ID', 'service', { Action: 'iot:Connect', Resource: iot('client/*') }],
    [
      'a person connects under client IDs that begin with the identity, never under ${iot:ClientId}',
      'person',
      { Action: 'iot:Connect', Resource: iot('client/${iot:ClientId}') },
    ],
    [
      'a service connects under a prefix of its own that no identity has',
      'service',
      { Action: 'iot:Connect', Resource: iot('client/us-east-1:*') },
    ],
    ['topics are below the namespace', 'service', { Action: 'iot:Publish', Resource: iot('topic/*') }],
    [
      'topics of a person are below the identity',
      'person',
      { Action: 'iot:Receive', Resource: iot(`topic/${namespace}/*`) },
    ],
    ['a person publishes requests only', 'person', { Action: 'iot:Publish', Resource: iot(own) }],
    ['a person leaves no retained message', 'person', { Action: 'iot:RetainPublish', Resource: iot(own) }],
    [
      'a person has no action of the control plane, of jobs or of shadows',
      'person',
      { Action: 'iot:UpdateThingShadow', Resource: iot('thing/a') },
    ],
    [
      'nobody reaches topics that AWS reserves',
      'service',
      { Action: 'iot:Subscribe', Resource: iot('topicfilter/$aws/events/#') },
    ],
    [
      'nobody makes, changes or deletes policies, things or certificates',
      'service',
      { Action: 'iot:CreatePolicyVersion', Resource: iot('policy/stepcast-identity') },
    ],
    ['nothing is said by exclusion', 'service', { Action: 'iot:Publish', NotResource: iot('topic/a') }],
    [
      'a retained message is allowed only where publishing is',
      'service',
      { Action: 'iot:RetainPublish', Resource: iot(`topic/${namespace}/*`) },
    ],
  ];

  it.each(cases)('"%s" finds what breaks it (%s)', (rule, holder, statement) => {
    const found = iotViolations(
      { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] },
      { holder, namespace },
    );
    expect(found.map((one) => one.rule)).toContain(rule);
  });

  it('are each shown to find something', () => {
    expect([...new Set(cases.map(([rule]) => rule))].toSorted()).toEqual([...IOT_RULES].toSorted());
  });
});
