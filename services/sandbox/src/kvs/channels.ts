import * as z from 'zod';
import { AwsError, regionalArn } from '../core/index.ts';

export const ChannelName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[a-zA-Z0-9_.-]+$/, 'not a channel name');
export const ChannelArn = z
  .string()
  .max(1_024)
  .regex(
    /^arn:[a-z-]+:kinesisvideo:[a-z0-9-]+:\d+:channel\/[a-zA-Z0-9_.-]+\/\d+$/,
    'not the ARN of a signaling channel: arn:<partition>:kinesisvideo:<region>:<account>:channel/<name>/<creation time>',
  );

export interface Channel {
  readonly name: string;
  /** Ends in the creation time: a channel made again under the same name has another ARN. */
  readonly arn: string;
  readonly createdAtMs: number;
  readonly messageTtlSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** AWS keeps a message that long for somebody who is not connected, unless the channel says otherwise. */
const DEFAULT_TTL_SECONDS = 60;

export interface Channels {
  /** The ARN that a channel of this name would get now; the one of the channel where there is one. */
  arnOf(name: string): string;
  /** @throws AwsError `ResourceInUseException` */
  create(name: string, tags?: Channel['tags'], messageTtlSeconds?: number): Channel;
  byName(name: string): Channel | undefined;
  byArn(arn: string): Channel | undefined;
  remove(channel: Channel): void;
}

export function createChannels(options: {
  readonly region: string;
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): Channels {
  const { region, accountId, now } = options;
  const channels = new Map<string, Channel>();
  const newArn = (name: string, createdAtMs: number) =>
    regionalArn({ region, accountId }, 'kinesisvideo', `channel/${name}/${createdAtMs}`);

  return {
    arnOf: (name) => channels.get(name)?.arn ?? newArn(name, now()),
    create(name, tags = {}, messageTtlSeconds = DEFAULT_TTL_SECONDS) {
      if (channels.has(name))
        throw new AwsError('ResourceInUseException', 400, `The channel ${name} already exists.`);
      const createdAtMs = now();
      const channel = { name, arn: newArn(name, createdAtMs), createdAtMs, messageTtlSeconds, tags };
      channels.set(name, channel);
      return channel;
    },
    byName: (name) => channels.get(name),
    byArn: (arn) => [...channels.values()].find((channel) => channel.arn === arn),
    remove: (channel) => void channels.delete(channel.name),
  };
}

/** Condition keys of a channel. */
export function contextOf(channel: Channel | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(channel?.tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
  );
}
