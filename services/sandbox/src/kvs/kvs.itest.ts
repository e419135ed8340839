import {
  CreateSignalingChannelCommand,
  DeleteSignalingChannelCommand,
  DescribeSignalingChannelCommand,
  GetSignalingChannelEndpointCommand,
  ListSignalingChannelsCommand,
} from '@aws-sdk/client-kinesis-video';
import { GetIceServerConfigCommand } from '@aws-sdk/client-kinesis-video-signaling';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorld, type World } from '../testing/signaling-world.ts';

let w: World;
let arn: string;
beforeEach(async () => {
  w = await openWorld();
  arn = w.signaling.createChannel('session-a');
});
afterEach(async () => {
  await w.close();
});

const asked = () => w.authorizer.asked.map(({ action, resource }) => `${action} ${resource}`);
const offer = JSON.stringify({ action: 'SDP_OFFER', messagePayload: 'b2ZmZXI=' });

describe('the control plane, through the stock clients', () => {
  it('describes a channel, says where to connect and which ICE servers there are', async () => {
    const described = await w.kinesisVideo.send(
      new DescribeSignalingChannelCommand({ ChannelName: 'session-a' }),
    );
    expect(described.ChannelInfo).toMatchObject({
      ChannelName: 'session-a',
      ChannelARN: arn,
      ChannelStatus: 'ACTIVE',
      CreationTime: new Date(w.clock.nowMs),
    });
    const endpointsFor = (Role: 'MASTER' | 'VIEWER') =>
      w.kinesisVideo
        .send(
          new GetSignalingChannelEndpointCommand({
            ChannelARN: arn,
            SingleMasterChannelEndpointConfiguration: { Protocols: ['WSS', 'HTTPS'], Role },
          }),
        )
        .then(({ ResourceEndpointList = [] }) =>
          Object.fromEntries(
            ResourceEndpointList.map(({ Protocol = 'WSS', ResourceEndpoint }) => [
              Protocol,
              ResourceEndpoint,
            ]),
          ),
        );
    const [master, viewer] = await Promise.all([endpointsFor('MASTER'), endpointsFor('VIEWER')]);
    expect(master['WSS']).toMatch(/^ws:.*\/master$/);
    expect(viewer['WSS']).toMatch(/^ws:.*\/viewer$/);
    const ice = await w
      .signalingClient(viewer['HTTPS'] ?? '')
      .send(new GetIceServerConfigCommand({ ChannelARN: arn, ClientId: 'viewer-1', Service: 'TURN' }));
    expect(ice.IceServerList).toEqual([]);
    expect(asked()).toEqual([
      `kinesisvideo:DescribeSignalingChannel ${arn}`,
      `kinesisvideo:GetSignalingChannelEndpoint ${arn}`,
      `kinesisvideo:GetSignalingChannelEndpoint ${arn}`,
      `kinesisvideo:GetIceServerConfig ${arn}`,
    ]);
  });

  it('decides with the tags of the channel at hand', async () => {
    const { ChannelARN } = await w.kinesisVideo.send(
      new CreateSignalingChannelCommand({ ChannelName: 'session-b', Tags: [{ Key: 'owner', Value: 'me' }] }),
    );
    await w.kinesisVideo.send(new DescribeSignalingChannelCommand({ ChannelARN }));
    expect(w.authorizer.asked.map(({ context }) => context)).toEqual([
      { 'aws:RequestTag/owner': 'me' },
      { 'aws:ResourceTag/owner': 'me' },
    ]);
  });

  it('a channel made again has another ARN, and the old one leads nowhere', async () => {
    await w.kinesisVideo.send(new DeleteSignalingChannelCommand({ ChannelARN: arn }));
    w.clock.nowMs += 1;
    const { ChannelARN } = await w.kinesisVideo.send(
      new CreateSignalingChannelCommand({ ChannelName: 'session-a' }),
    );
    expect(ChannelARN).not.toBe(arn);
    await expect(
      w.kinesisVideo.send(new DescribeSignalingChannelCommand({ ChannelARN: arn })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      w.kinesisVideo.send(new CreateSignalingChannelCommand({ ChannelName: 'session-a' })),
    ).rejects.toMatchObject({ name: 'ResourceInUseException' });
  });

  it('a refused caller does not learn whether the channel exists', async () => {
    w.authorizer.denies = () => true;
    const refusalOf = async (ChannelName: string) =>
      w.kinesisVideo.send(new DescribeSignalingChannelCommand({ ChannelName })).then(
        () => 'let through',
        (thrown: unknown) => thrown,
      );
    for (const name of ['session-a', 'session-none'])
      await expect(refusalOf(name)).resolves.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringMatching(
          `not authorized to perform: kinesisvideo:DescribeSignalingChannel on resource: .*channel/${name}/\\d+ because no identity-based policy`,
        ),
      });
  });

  it('what is not there is said so', async () => {
    await expect(w.kinesisVideo.send(new ListSignalingChannelsCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
    });
  });
});

describe('connecting by a presigned URL', () => {
  const masterUrl = () => w.presign('master', { 'X-Amz-ChannelARN': arn });
  const viewerUrl = (id: string) => w.presign('viewer', { 'X-Amz-ChannelARN': arn, 'X-Amz-ClientId': id });

  it('relays an offer to the master and the answer to the viewer, each under its own action', async () => {
    const master = await w.connect(await masterUrl());
    const viewer = await w.connect(await viewerUrl('viewer-1'));
    viewer.webSocket.send(offer);
    await expect(master.receives(1)).resolves.toEqual([
      JSON.stringify({ senderClientId: 'viewer-1', messageType: 'SDP_OFFER', messagePayload: 'b2ZmZXI=' }),
    ]);
    master.webSocket.send(
      JSON.stringify({ action: 'SDP_ANSWER', messagePayload: 'YW5zd2Vy', recipientClientId: 'viewer-1' }),
    );
    await expect(viewer.receives(1)).resolves.toEqual([
      JSON.stringify({ messageType: 'SDP_ANSWER', messagePayload: 'YW5zd2Vy' }),
    ]);
    expect(asked()).toEqual([`kinesisvideo:ConnectAsMaster ${arn}`, `kinesisvideo:ConnectAsViewer ${arn}`]);
  });

  it('a new master displaces the one before, which is why not everybody may be one', async () => {
    const first = await w.connect(await masterUrl());
    await w.connect(await masterUrl());
    await expect(first.ended).resolves.toBe(1001);
  });

  it('is refused by name: who may not, what is signed wrongly, what is asked wrongly', async () => {
    const refused = async (url: string, how: object) => {
      await expect(w.connect(url)).rejects.toMatchObject(how);
    };
    const good = await viewerUrl('viewer-1');
    const other = w.signaling.createChannel('session-b');
    const denied = { status: 403, code: 'AccessDeniedException' };
    const invalid = { status: 400, code: 'InvalidArgumentException' };
    const renamed = good.replace(encodeURIComponent(arn), encodeURIComponent(other));
    expect(renamed).not.toBe(good);
    await refused(renamed, denied);
    await refused(good.replace('viewer-1', 'viewer-2'), denied);
    await refused(good.replace('/viewer?', '/master?'), denied);
    await refused(good.replace(/&X-Amz-Security-Token=[^&]*/, ''), denied);
    await refused(good.split('?')[0] ?? '', denied);
    await refused(await w.presign('viewer', { 'X-Amz-ChannelARN': arn }), invalid);
    await refused(await viewerUrl('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'), invalid);
    await refused(await viewerUrl('AWS_me'), invalid);
    await refused(
      await w.presign('master', { 'X-Amz-ChannelARN': arn, 'X-Amz-ClientId': 'viewer-1' }),
      invalid,
    );
    await refused(
      await w.presign('viewer', { 'X-Amz-ChannelARN': 'session-a', 'X-Amz-ClientId': 'viewer-1' }),
      invalid,
    );
    await refused(`${good}&X-Amz-ClientId=viewer-2`, { status: 403 });
    await refused(
      await w.presign('viewer', { 'X-Amz-ChannelARN': `${arn}1`, 'X-Amz-ClientId': 'viewer-1' }),
      { status: 404, code: 'ResourceNotFoundException' },
    );
    expect(w.authorizer.asked).toHaveLength(1);
    w.authorizer.denies = ({ action }) => action === 'kinesisvideo:ConnectAsMaster';
    await refused(await masterUrl(), {
      ...denied,
      message: expect.stringContaining(
        `kinesisvideo:ConnectAsMaster on resource: ${arn} because no identity-based`,
      ),
    });
    await expect(w.connect(good)).resolves.toBeDefined();
    w.clock.nowMs += 300_000;
    await refused(good, denied);
  });

  it('the eleventh viewer is refused; one of the ten may come back', async () => {
    const viewers = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => w.connect(await viewerUrl(`viewer-${n}`))),
    );
    await expect(w.connect(await viewerUrl('viewer-10'))).rejects.toMatchObject({
      status: 400,
      code: 'ClientLimitExceededException',
    });
    await w.connect(await viewerUrl('viewer-3'));
    await expect(viewers[3]?.ended).resolves.toBe(1001);
  });

  it('ends after an hour, or with the credentials if they end earlier, or with the channel', async () => {
    const keys = w.issue(60_000);
    const connections = [
      await w.connect(await w.presign('master', { 'X-Amz-ChannelARN': arn }, keys)),
      await w.connect(await viewerUrl('viewer-1')),
    ];
    expect(w.endsInMs()).toEqual([3_600_000, 60_000]);
    w.letTimersGoOff();
    await expect(Promise.all(connections.map(({ ended }) => ended))).resolves.toEqual([1001, 1001]);
    const last = await w.connect(await masterUrl());
    await w.kinesisVideo.send(new DeleteSignalingChannelCommand({ ChannelARN: arn }));
    await expect(last.ended).resolves.toBe(1001);
  });
});
