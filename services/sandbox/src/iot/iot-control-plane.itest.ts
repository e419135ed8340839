import { afterEach, describe, expect, it } from 'vitest';
import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  DescribeEndpointCommand,
  DetachPolicyCommand,
  GetPolicyCommand,
  IoTClient,
  ListAttachedPoliciesCommand,
  ListTargetsForPolicyCommand,
} from '@aws-sdk/client-iot';
import {
  createIotControlPlane,
  IOT_CALLS_PER_SECOND,
  type IotControlPlane,
  type IotControlPlaneOptions,
} from './index.ts';
import { serveRest } from './testing/rest-server.ts';

const alice = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const bob = 'us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const policyDocument = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: '*' }],
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function world(
  change: Partial<IotControlPlaneOptions> & { refuse?: (action: string, resource: string) => boolean } = {},
): Promise<{ iot: IoTClient; plane: IotControlPlane; readonly pass: (ms: number) => void }> {
  let nowMs = 1_793_700_900_000;
  const { refuse, ...options } = change;
  const plane = createIotControlPlane({
    region: 'us-east-1',
    accountId: '111122223333',
    dataEndpoint: '127.0.0.1:4200',
    now: () => nowMs,
    ...options,
  });
  const server = await serveRest(plane.service, refuse);
  open.push(() => server.close());
  const iot = new IoTClient({
    region: 'us-east-1',
    endpoint: server.endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  });
  open.push(() => iot.destroy());
  return { iot, plane, pass: (ms) => (nowMs += ms) };
}

const create = (iot: IoTClient, policyName = 'stepcast-identity') =>
  iot.send(new CreatePolicyCommand({ policyName, policyDocument }));
const attach = (iot: IoTClient, target: string, policyName = 'stepcast-identity') =>
  iot.send(new AttachPolicyCommand({ policyName, target }));
const detach = (iot: IoTClient, target: string, policyName = 'stepcast-identity') =>
  iot.send(new DetachPolicyCommand({ policyName, target }));

describe('IoT control plane', () => {
  it('creates a policy once and gives it back', async () => {
    const { iot, plane } = await world();
    expect(await create(iot)).toMatchObject({
      policyArn: 'arn:aws:iot:us-east-1:111122223333:policy/stepcast-identity',
      policyVersionId: '1',
    });
    await expect(create(iot)).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' });
    expect(await iot.send(new GetPolicyCommand({ policyName: 'stepcast-identity' }))).toMatchObject({
      policyDocument,
      defaultVersionId: '1',
      creationDate: new Date(1_793_700_900_000),
    });
    expect(plane.policyDocument('stepcast-identity')).toBe(policyDocument);
    expect(plane.policyDocument('other')).toBeUndefined();
    await expect(iot.send(new GetPolicyCommand({ policyName: 'other' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('refuses a policy that is no policy, or is too long', async () => {
    const { iot } = await world();
    const put = (document: string) =>
      iot.send(new CreatePolicyCommand({ policyName: 'p', policyDocument: document }));
    await expect(put('{')).rejects.toMatchObject({ name: 'MalformedPolicyException' });
    await expect(put('{"Version":"2012-10-17"}')).rejects.toMatchObject({ name: 'MalformedPolicyException' });
    const padded = (characters: number) => {
      const bare = JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: '' }] });
      return bare.replace('""', `"${'x'.repeat(characters - bare.length)}"`);
    };
    await expect(put(padded(2_049))).rejects.toMatchObject({ name: 'MalformedPolicyException' });
    await expect(put(`${' '.repeat(5_000)}${padded(2_048)}`)).resolves.toBeDefined();
  });

  it('attaches, lists both ways and detaches; attaching and detaching twice is no error', async () => {
    const { iot, plane } = await world();
    await create(iot);
    await attach(iot, alice);
    await attach(iot, alice);
    await attach(iot, bob);
    const attached = await iot.send(new ListAttachedPoliciesCommand({ target: alice }));
    expect(attached.policies?.map(({ policyName }) => policyName)).toEqual(['stepcast-identity']);
    const targets = () => iot.send(new ListTargetsForPolicyCommand({ policyName: 'stepcast-identity' }));
    expect((await targets()).targets).toEqual([alice, bob]);
    expect(plane.attachedPolicies(alice)).toEqual(['stepcast-identity']);
    await detach(iot, alice);
    await detach(iot, alice);
    expect((await targets()).targets).toEqual([bob]);
    expect((await iot.send(new ListAttachedPoliciesCommand({ target: alice }))).policies).toEqual([]);
    expect(plane.attachedPolicies(alice)).toEqual([]);
    expect(plane.attachedPolicies(bob)).toEqual(['stepcast-identity']);
  });

  it('does not attach a policy that is not there, nor to what is no identity ID', async () => {
    const { iot, plane } = await world();
    await expect(attach(iot, alice)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await create(iot);
    await expect(attach(iot, '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e')).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    expect(plane.attachedPolicies(alice)).toEqual([]);
  });

  it('asks for the right on the target, not on the policy', async () => {
    const { iot } = await world({
      refuse: (action, resource) => action === 'iot:AttachPolicy' && resource === bob,
    });
    await create(iot);
    await expect(attach(iot, alice)).resolves.toBeDefined();
    await expect(attach(iot, bob)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('lets a target have ten policies', async () => {
    const { iot } = await world();
    const names = Array.from({ length: 11 }, (_, i) => `policy-${String(i).padStart(2, '0')}`);
    for (const name of names) await create(iot, name);
    for (const name of names.slice(0, 10)) await attach(iot, alice, name);
    await expect(attach(iot, alice, names[10])).rejects.toMatchObject({ name: 'LimitExceededException' });
    await expect(attach(iot, alice, names[0])).resolves.toBeDefined();
    await detach(iot, alice, names[0]);
    await expect(attach(iot, alice, names[10])).resolves.toBeDefined();
  });

  it('pages without repeating or skipping, also when the list changes in between', async () => {
    const { iot } = await world();
    await create(iot);
    const ids = Array.from(
      { length: 7 },
      (_, i) => `us-east-1:${String(i).padStart(8, '0')}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`,
    );
    for (const id of ids) await attach(iot, id);
    const page = (marker?: string) =>
      iot.send(new ListTargetsForPolicyCommand({ policyName: 'stepcast-identity', pageSize: 3, marker }));
    const one = await page();
    await detach(iot, ids[0] ?? '');
    const two = await page(one.nextMarker);
    const three = await page(two.nextMarker);
    expect([one, two, three].flatMap(({ targets = [] }) => targets)).toEqual(ids);
    expect(three.nextMarker).toBeUndefined();
    await expect(page('%%%')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(
      iot.send(new ListTargetsForPolicyCommand({ policyName: 'stepcast-identity', pageSize: 251 })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('lists a change at once and lets it take hold after the propagation time', async () => {
    const { iot, plane, pass } = await world({ propagationMs: 60_000 });
    await create(iot);
    await attach(iot, alice);
    expect((await iot.send(new ListAttachedPoliciesCommand({ target: alice }))).policies).toHaveLength(1);
    expect(plane.attachedPolicies(alice)).toEqual([]);
    pass(60_000);
    expect(plane.attachedPolicies(alice)).toEqual(['stepcast-identity']);
    await detach(iot, alice);
    expect((await iot.send(new ListAttachedPoliciesCommand({ target: alice }))).policies).toEqual([]);
    expect(plane.attachedPolicies(alice)).toEqual(['stepcast-identity']);
    pass(60_000);
    expect(plane.attachedPolicies(alice)).toEqual([]);
  });

  it('throttles each operation at its rate when configured to', async () => {
    const { iot, pass } = await world({ callsPerSecond: IOT_CALLS_PER_SECOND });
    await create(iot);
    for (let i = 0; i < 15; i++) await attach(iot, alice);
    await expect(attach(iot, alice)).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(detach(iot, alice)).resolves.toBeDefined();
    pass(1_000 / 15 + 1);
    await expect(attach(iot, alice)).resolves.toBeDefined();
    await expect(attach(iot, alice)).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  it('tells the data endpoint', async () => {
    const { iot } = await world();
    await expect(
      iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' })),
    ).resolves.toMatchObject({
      endpointAddress: '127.0.0.1:4200',
    });
    await expect(iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Jobs' }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });
});
