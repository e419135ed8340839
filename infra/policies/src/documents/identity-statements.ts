import { clientIdPolicyPattern, PROVISION_PATH } from '@stepcast/contracts';
import { type PolicyStatement } from '../document.ts';
import { IDENTITY_VARIABLE, type Arns } from './arns.ts';
import { type ResolvedConfig } from './policy-config.ts';

/**
 * What one identity may do over MQTT: connect under its own client ids, read its own topics, ask for catch-up. The same
 * statements stand in the role policy and in the IoT policy, because an authenticated identity needs both.
 *
 * Sessions that persist and last wills are not allowed: nothing here speaks of `iot:ConnectAttributes`.
 */
export function iotStatements({ topics }: ResolvedConfig, arns: Arns): readonly PolicyStatement[] {
  const own = topics.policyPattern(IDENTITY_VARIABLE);
  return [
    {
      Sid: 'ConnectAsSelf',
      Effect: 'Allow',
      Action: 'iot:Connect',
      // Never ${iot:ClientId}: whatever a client calls itself equals its client id.
      Resource: arns.iot(`client/${clientIdPolicyPattern(IDENTITY_VARIABLE)}`),
    },
    {
      Sid: 'SubscribeOwnTopics',
      Effect: 'Allow',
      Action: 'iot:Subscribe',
      Resource: arns.iot(`topicfilter/${own}`),
    },
    {
      Sid: 'ReceiveOwnTopics',
      Effect: 'Allow',
      Action: 'iot:Receive',
      Resource: arns.iot(`topic/${own}`),
    },
    {
      Sid: 'PublishOwnRequests',
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: arns.iot(`topic/${topics.requestPolicyPattern(IDENTITY_VARIABLE)}`),
    },
  ];
}

/**
 * What one identity may do in the bucket: everything with objects below its own prefix, multipart included, and list that
 * prefix. `s3:PutObject` covers creating, uploading parts of and completing a multipart upload.
 */
export function s3Statements({ keys }: ResolvedConfig, arns: Arns): readonly PolicyStatement[] {
  const prefix = keys.policyPrefix(IDENTITY_VARIABLE);
  return [
    {
      Sid: 'OwnObjects',
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ],
      Resource: arns.objectsBelow(prefix),
    },
    {
      Sid: 'ListOwnPrefix',
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: arns.bucket,
      Condition: { StringLike: { 's3:prefix': [prefix, `${prefix}*`] } },
    },
  ];
}

/**
 * To be provisioned by a signed request: this one route of this one stage. Source: API Gateway developer guide "Control
 * access for invoking an API", whose ARNs end in API, stage, method and path.
 */
export function signedApiStatements({ signedApi }: ResolvedConfig, arns: Arns): readonly PolicyStatement[] {
  if (signedApi === undefined) return [];
  const { apiId, stageName } = signedApi;
  return [
    {
      Sid: 'ProvisionSelf',
      Effect: 'Allow',
      Action: 'execute-api:Invoke',
      Resource: arns.of('execute-api', `${apiId}/${stageName}/POST${PROVISION_PATH}`),
    },
  ];
}

const viewerActions = [
  'kinesisvideo:DescribeSignalingChannel',
  'kinesisvideo:GetSignalingChannelEndpoint',
  'kinesisvideo:GetIceServerConfig',
  'kinesisvideo:ConnectAsViewer',
] as const;

/**
 * Signaling: a listener is a viewer, a speaker may be master too. `MASTER` and `VIEWER` in GetSignalingChannelEndpoint are
 * request parameters that no policy sees; the split lies in ConnectAsMaster alone.
 */
export function kvsStatements(
  role: 'listener' | 'speaker',
  channelPattern: string,
  arns: Arns,
): readonly PolicyStatement[] {
  const Resource = arns.channel(channelPattern);
  const viewer: PolicyStatement = { Sid: 'KvsViewer', Effect: 'Allow', Action: viewerActions, Resource };
  return role === 'listener'
    ? [viewer]
    : [viewer, { Sid: 'KvsMaster', Effect: 'Allow', Action: 'kinesisvideo:ConnectAsMaster', Resource }];
}
