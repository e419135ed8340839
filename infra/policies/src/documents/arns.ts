import { type ResolvedConfig } from './policy-config.ts';

/** The variable that stands for the caller's identity ID in every document of identities. */
export const IDENTITY_VARIABLE = '${cognito-identity.amazonaws.com:sub}';

export interface Arns {
  readonly bucket: string;
  /** Objects below a key prefix that ends with `/`. */
  objectsBelow(prefix: string): string;
  iot(resource: string): string;
  role(name: string): string;
  channel(pattern: string): string;
  queue(name: string): string;
  readonly identityPool: string;
  readonly iotPolicy: string;
  /** Any ARN of this account and region. */
  of(service: string, resource: string): string;
}

export function arnsOf(config: ResolvedConfig): Arns {
  const { partition, region, accountId, bucket } = config;
  const of = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  return {
    of,
    bucket: `arn:${partition}:s3:::${bucket}`,
    objectsBelow: (prefix) => `arn:${partition}:s3:::${bucket}/${prefix}*`,
    iot: (resource) => of('iot', resource),
    role: (name) => `arn:${partition}:iam::${accountId}:role/${name}`,
    // The part after the slash is the channel's creation time, unknown before there is a channel.
    channel: (pattern) => of('kinesisvideo', `channel/${pattern}/*`),
    queue: (name) => of('sqs', name),
    identityPool: of('cognito-identity', `identitypool/${config.identityPoolId}`),
    iotPolicy: of('iot', `policy/${config.iotPolicyName}`),
  };
}
