import { describe, expect, it } from 'vitest';
import { compilePolicy, type CompiledPolicy } from '../evaluate/compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { BROADER, CALLS, HOSTILE, type Call } from './calls.fixture.ts';
import { built, me, ROLES, withFeed, withWorkflows } from './deployed-roles.fixture.ts';

/** Roles that people of the pool have; for them the identity's IoT policy decides as well. */
const people: readonly string[] = ['authenticated', 'guest', 'speaker', 'listener'];
const iotPolicy = compilePolicy(built.iotPolicy.document, { name: 'IoT policy', kind: 'iot' });

const documentOf = (role: string) => {
  const document = ROLES[role]?.document;
  if (document === undefined) throw new TypeError(`there is no role ${role}`);
  return document;
};

function may(role: string, policy: CompiledPolicy, [action, resource, key]: Call): boolean {
  const isPerson = people.includes(role);
  return evaluate(
    { identity: [policy], ...(isPerson && role !== 'guest' ? { iot: [iotPolicy] } : {}) },
    {
      action,
      resource,
      context: {
        ...(isPerson ? { 'cognito-identity.amazonaws.com:sub': me } : {}),
        ...(key === undefined ? {} : { [key[0]]: [key[1]] }),
      },
    },
  ).allowed;
}

const asText = (call: Call): string => call.flat().join(' ');
const everyCall = [
  ...new Map(Object.values(CALLS).flatMap((calls) => calls.map((one) => [asText(one), one]))).values(),
];

it('every role that is built is simulated', () => {
  const names = Object.entries(ROLES).flatMap(([name, role]) => (role === undefined ? [] : [name]));
  expect(Object.keys(CALLS).toSorted()).toEqual(names.toSorted());
});

describe.each(Object.entries(CALLS))('the role of "%s"', (role, calls) => {
  const policy = compilePolicy(documentOf(role), { name: role });
  const own = new Set(calls.map(asText));

  it('may make every call that it makes', () => {
    expect(calls.filter((one) => !may(role, policy, one)).map(asText)).toEqual([]);
  });

  it('may make no call that only other roles make, but for what is named', () => {
    const others = everyCall.filter((one) => !own.has(asText(one)));
    expect(others.filter((one) => may(role, policy, one)).map(asText)).toEqual(
      (BROADER[role] ?? []).map(asText),
    );
  });

  it('may do nothing hostile', () => {
    expect(HOSTILE.filter((one) => may(role, policy, one)).map(asText)).toEqual([]);
  });

  it('has no right that none of its calls needs', () => {
    const unused = documentOf(role).Statement.flatMap((statement) =>
      [statement.Action ?? []].flat().flatMap((Action) =>
        [statement.Resource ?? []].flat().flatMap((Resource) => {
          const alone = compilePolicy({
            Version: '2012-10-17',
            Statement: [{ ...statement, Action, Resource }],
          });
          return calls.some((one) => may(role, alone, one)) ? [] : [`${Action} ${Resource}`];
        }),
      ),
    );
    expect(unused).toEqual([]);
  });
});

it('the publisher writes no item of the journal, whether the request names its key or not', () => {
  const policy = compilePolicy(documentOf('publisher'));
  const table = 'arn:aws:dynamodb:us-east-1:111122223333:table/stepcast-journal';
  for (const action of [
    'PutItem',
    'UpdateItem',
    'DeleteItem',
    'BatchWriteItem',
    'PartiQLInsert',
    'PartiQLUpdate',
  ])
    for (const key of [undefined, ['dynamodb:LeadingKeys', `stream#${me}`] as const])
      expect(
        may(
          'publisher',
          policy,
          key === undefined ? [`dynamodb:${action}`, table] : [`dynamodb:${action}`, table, key],
        ),
      ).toBe(false);
});

it('a feed adds the right to put events on its bus, to correlator and engine only', () => {
  const feed: Call = ['events:PutEvents', 'arn:aws:events:us-east-1:111122223333:event-bus/office'];
  const other: Call = ['events:PutEvents', 'arn:aws:events:us-east-1:111122223333:event-bus/default'];
  const having = Object.entries(withFeed.services).flatMap(([name, { document }]) => {
    const policy = compilePolicy(document);
    expect(may(name, policy, other)).toBe(false);
    return may(name, policy, feed) ? [name] : [];
  });
  expect(having.toSorted()).toEqual(['correlator', 'engine']);
});

it('workflows that people may see add the right to read their definitions, to what answers requests only', () => {
  const mine: Call = [
    'states:DescribeStateMachine',
    'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline',
  ];
  const other: Call = [
    'states:DescribeStateMachine',
    'arn:aws:states:us-east-1:111122223333:stateMachine:Payroll',
  ];
  const having = withWorkflows.flatMap(({ services, provisionerFunctions = {}, signedProvisioner }) =>
    Object.entries({ provisioner: services.provisioner, ...provisionerFunctions, signedProvisioner }).flatMap(
      ([name, role]) => {
        if (role === undefined) return [];
        const policy = compilePolicy(role.document);
        expect(may(name, policy, other)).toBe(false);
        return may(name, policy, mine) ? [name] : [];
      },
    ),
  );
  expect([...new Set(having)].toSorted()).toEqual(['byToken', 'provisioner', 'signedProvisioner']);
  for (const name of ['provisioner', 'byToken', 'signedProvisioner'])
    expect(
      may(name, compilePolicy(ROLES[name]?.document ?? { Version: '2012-10-17', Statement: [] }), mine),
    ).toBe(false);
});
