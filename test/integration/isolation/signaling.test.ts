import {
  CognitoIdentityClient,
  GetIdentityPoolRolesCommand,
  SetIdentityPoolRolesCommand,
  type SetIdentityPoolRolesCommandInput,
} from '@aws-sdk/client-cognito-identity';
import { GetSignalingChannelEndpointCommand } from '@aws-sdk/client-kinesis-video';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { guestActor, operator, signedInActor, type LiveActor, type Operator } from './actors.ts';
import { offlineModel, principalOf } from './matrix.ts';
import { attemptsOnChannels, driveSignaling, openChannels } from './signaling.ts';
import type { Actor, Scene } from './table.ts';
import { startTestSandbox } from '../../support/sandbox.ts';

let sandbox: Sandbox;
let root: Operator;
let cognito: CognitoIdentityClient;
let roles: Omit<SetIdentityPoolRolesCommandInput, 'IdentityPoolId'>;

beforeAll(async () => {
  sandbox = await startTestSandbox({ argv: ['--guests'] });
  root = operator(sandbox);
  const { region, endpoints, identityPoolId } = sandbox.info;
  const { accessKeyId, secretAccessKey } = sandbox.access.root;
  cognito = new CognitoIdentityClient({
    region,
    endpoint: endpoints.cognitoIdentity,
    credentials: { accessKeyId, secretAccessKey },
  });
  const { Roles, RoleMappings } = await cognito.send(
    new GetIdentityPoolRolesCommand({ IdentityPoolId: identityPoolId }),
  );
  roles = { Roles, RoleMappings };
});
afterEach(() => setRoles(roles));
afterAll(async () => {
  cognito.destroy();
  await sandbox.stop();
});

const setRoles = (change: typeof roles) =>
  cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId: sandbox.info.identityPoolId, ...change }));

/** The actions that went through, on the channels of an actor; each is asked of the documents too. */
async function actionsOf(actor: LiveActor, as: Actor, roleName: string): Promise<readonly string[]> {
  const scene: Scene = { ...sandbox.info, channels: await openChannels(root, [as]) };
  const model = offlineModel(sandbox.access.policies, scene);
  const allowed: string[] = [];
  for (const { deed, questions } of attemptsOnChannels(scene, as)) {
    const [question] = questions;
    if (deed.kind !== 'signaling' || question === undefined) continue;
    const live = await driveSignaling(root, actor, deed);
    const offline = model.decide({ principal: principalOf(scene, actor, roleName), ...question }).allowed;
    expect([question.action, question.resource, live]).toEqual([question.action, question.resource, offline]);
    if (live) allowed.push(question.action.replace('kinesisvideo:', ''));
  }
  return allowed;
}

/** How somebody is refused the endpoint of the channel that is there from the start. */
async function refusalOf(actor: LiveActor): Promise<string> {
  const channels = await openChannels(root, [actor]);
  const ChannelARN = channels.get(`session-${actor.name}`);
  const answer = await actor.kinesisVideo.send(new GetSignalingChannelEndpointCommand({ ChannelARN })).then(
    () => 'let through',
    (thrown: unknown) => String(thrown),
  );
  return answer.replaceAll(String(ChannelARN), 'THE-CHANNEL');
}

const viewer = [
  'DescribeSignalingChannel',
  'GetSignalingChannelEndpoint',
  'GetIceServerConfig',
  'ConnectAsViewer',
];

describe('signaling, by the role that the pool gives', () => {
  it('speakers are viewers and masters, listeners viewers only', async () => {
    const [alice, bob] = await Promise.all([signedInActor(sandbox, 'alice'), signedInActor(sandbox, 'bob')]);
    await expect(actionsOf(alice, alice, 'stepcast-speaker')).resolves.toEqual([
      ...viewer,
      'ConnectAsMaster',
    ]);
    await expect(actionsOf(bob, bob, 'stepcast-listener')).resolves.toEqual(viewer);
  });

  it('without the mapping everybody has the role that knows nothing of it; who was in stays in', async () => {
    const before = await signedInActor(sandbox, 'alice');
    await setRoles({ Roles: roles.Roles });
    const after = await signedInActor(sandbox, 'alice');
    await expect(actionsOf(after, after, 'stepcast-authenticated')).resolves.toEqual([]);
    await expect(refusalOf(after)).resolves.toBe(
      'AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/stepcast-authenticated/CognitoIdentityCredentials ' +
        'is not authorized to perform: kinesisvideo:GetSignalingChannelEndpoint on resource: THE-CHANNEL ' +
        'because no identity-based policy allows the kinesisvideo:GetSignalingChannelEndpoint action',
    );
    // A session keeps its role until it ends: new credentials are needed, not a new page.
    await expect(refusalOf(before)).resolves.toBe('let through');
    await setRoles(roles);
    await expect(signedInActor(sandbox, 'alice').then(refusalOf)).resolves.toBe('let through');
  });

  it.each(['stepcast-guest', 'stepcast-speaker'])(
    'a guest gets nothing of it under the role %s, because Cognito’s session policy is in the way',
    async (roleName) => {
      const unauthenticated = `arn:aws:iam::${sandbox.info.accountId}:role/${roleName}`;
      await setRoles({ ...roles, Roles: { ...roles.Roles, unauthenticated } });
      const guest = await guestActor(sandbox, 'guest');
      await expect(actionsOf(guest, guest, roleName)).resolves.toEqual([]);
      await expect(refusalOf(guest)).resolves.toMatch(
        roleName === 'stepcast-speaker'
          ? /because no session policy allows the kinesisvideo:GetSignalingChannelEndpoint action$/
          : /is not authorized to perform: kinesisvideo:GetSignalingChannelEndpoint/,
      );
    },
  );
});
