import * as z from 'zod';
import type { CallContext, RestService } from '../core/index.ts';
import { ChannelArn, ChannelName, contextOf, type Channel, type Channels } from './channels.ts';
import { channelNotFound, invalidArgument, parseInput } from './errors.ts';
import { ClientId } from './relay.ts';

const CreateInput = z.object({
  ChannelName,
  ChannelType: z.enum(['SINGLE_MASTER']).optional(),
  SingleMasterConfiguration: z
    .object({ MessageTtlSeconds: z.number().int().min(5).max(120).optional() })
    .optional(),
  Tags: z.array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).optional(),
});
const DescribeInput = z.object({ ChannelName: ChannelName.optional(), ChannelARN: ChannelArn.optional() });
const ArnInput = z.object({ ChannelARN: ChannelArn });
const EndpointInput = ArnInput.extend({
  SingleMasterChannelEndpointConfiguration: z
    .object({
      Protocols: z
        .array(z.enum(['WSS', 'HTTPS']))
        .min(1)
        .optional(),
      Role: z.enum(['MASTER', 'VIEWER']).optional(),
    })
    .optional(),
});
const IceInput = ArnInput.extend({
  ClientId: ClientId.optional(),
  Service: z.enum(['TURN']).optional(),
  Username: z.string().optional(),
});

/**
 * The part of Kinesis Video Streams that a browser needs for signaling, and making and deleting channels: REST-JSON as
 * `@aws-sdk/client-kinesis-video` and `client-kinesis-video-signaling` speak it. Not here: updating, listing and tagging
 * channels, Alexa offers, storage sessions, and quotas of calls per second.
 *
 * Each call is authorised on the ARN of the channel, with the channel's tags, before the answer says whether it exists.
 */
export function createControlPlane(options: {
  readonly channels: Channels;
  /** Address of the service as clients reach it, for example `http://127.0.0.1:4200/aws/kinesisvideo`. */
  readonly publicUrl: string;
  readonly onDelete: (channel: Channel) => void;
}): RestService {
  const { channels, publicUrl, onDelete } = options;

  function allowed(call: CallContext, action: string, arn: string): Channel {
    const channel = channels.byArn(arn);
    call.authorize(`kinesisvideo:${action}`, arn, contextOf(channel));
    if (channel === undefined) throw channelNotFound(arn);
    return channel;
  }

  const operations: Readonly<Record<string, (input: unknown, call: CallContext) => unknown>> = {
    '/createSignalingChannel': (input, call) => {
      const { ChannelName: name, SingleMasterConfiguration, Tags = [] } = parseInput(CreateInput, input);
      const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
      call.authorize(
        'kinesisvideo:CreateSignalingChannel',
        channels.arnOf(name),
        Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
      );
      return { ChannelARN: channels.create(name, tags, SingleMasterConfiguration?.MessageTtlSeconds).arn };
    },

    '/deleteSignalingChannel': (input, call) => {
      const channel = allowed(call, 'DeleteSignalingChannel', parseInput(ArnInput, input).ChannelARN);
      channels.remove(channel);
      onDelete(channel);
      return {};
    },

    '/describeSignalingChannel': (input, call) => {
      const { ChannelName: name, ChannelARN } = parseInput(DescribeInput, input);
      const arn = ChannelARN ?? (name === undefined ? undefined : channels.arnOf(name));
      if (arn === undefined) throw invalidArgument('Either ChannelName or ChannelARN must be given.');
      const channel = allowed(call, 'DescribeSignalingChannel', arn);
      return {
        ChannelInfo: {
          ChannelName: channel.name,
          ChannelARN: channel.arn,
          ChannelType: 'SINGLE_MASTER',
          ChannelStatus: 'ACTIVE',
          CreationTime: channel.createdAtMs / 1_000,
          SingleMasterConfiguration: { MessageTtlSeconds: channel.messageTtlSeconds },
          Version: '1',
        },
      };
    },

    '/getSignalingChannelEndpoint': (input, call) => {
      const { ChannelARN, SingleMasterChannelEndpointConfiguration: wanted } = parseInput(
        EndpointInput,
        input,
      );
      allowed(call, 'GetSignalingChannelEndpoint', ChannelARN);
      // No condition key tells the role: a caller that may ask may ask for both, and connecting decides.
      const door = wanted?.Role === 'MASTER' ? 'master' : 'viewer';
      const endpoints = { WSS: `${publicUrl.replace(/^http/, 'ws')}/${door}`, HTTPS: publicUrl };
      return {
        ResourceEndpointList: (wanted?.Protocols ?? ['WSS', 'HTTPS']).map((Protocol) => ({
          Protocol,
          ResourceEndpoint: endpoints[Protocol],
        })),
      };
    },

    '/v1/get-ice-server-config': (input, call) => {
      allowed(call, 'GetIceServerConfig', parseInput(IceInput, input).ChannelARN);
      // There is no TURN server here, and on one machine none is needed.
      return { IceServerList: [] };
    },
  };

  return {
    name: 'kinesisvideo',
    signingName: 'kinesisvideo',
    routes: Object.entries(operations).map(([path, operation]) => ({
      method: 'POST',
      path,
      operation: (input, call) => Promise.resolve().then(() => operation(input, call)),
    })),
  };
}
