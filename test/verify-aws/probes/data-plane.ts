import { randomUUID } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { judged, type Probe, type World } from '../probe.ts';

/** Where the data endpoint is, and whose rights are used. */
export type DataPlane = Pick<World, 'region' | 'emulator' | 'dataEndpoint' | 'clients'>;

/** A signed request to AWS IoT's data endpoint, under the rights of the operator. */
async function ask(
  { region, emulator, dataEndpoint, clients }: DataPlane,
  method: 'GET' | 'POST',
  path: string,
  query: Record<string, string>,
  body = '',
) {
  const origin = new URL(emulator?.endpoint ?? `https://${dataEndpoint}`);
  const signer = new SignatureV4({
    service: 'iotdata',
    region,
    sha256: Sha256,
    credentials: clients.iot.config.credentials,
  });
  const { headers } = await signer.sign(
    new HttpRequest({
      method,
      protocol: origin.protocol,
      hostname: origin.hostname,
      path,
      query,
      headers: { host: origin.host },
      ...(body === '' ? {} : { body }),
    }),
  );
  const { host: _host, ...signed } = headers;
  const search = new URLSearchParams(query).toString();
  return fetch(`${origin.origin}${path}${search === '' ? '' : `?${search}`}`, {
    method,
    headers: signed,
    signal: AbortSignal.timeout(15_000),
    ...(body === '' ? {} : { body }),
  });
}

const topicOf = ({ page }: World): string => `${page.topicNamespace}/probe/${randomUUID()}`;
const pathOf = (kind: 'topics' | 'retainedMessage', topic: string): string =>
  `/${kind}/${encodeURIComponent(topic)}`;

export const largePublish: Probe = async (world) => {
  const response = await ask(
    world,
    'POST',
    pathOf('topics', topicOf(world)),
    { qos: '0' },
    'x'.repeat(131_073),
  );
  return [judged('iot.large-publish-by-http', response.status === 413, `answered ${response.status}`)];
};

/** An empty message removes what is retained. */
const clear = (plane: DataPlane, topic: string) =>
  ask(plane, 'POST', pathOf('topics', topic), { qos: '1', retain: 'true' });

const Retained = z.object({
  retainedTopics: z.array(z.object({ topic: z.string() })).default([]),
  nextToken: z.string().nullish(),
});

/** Removes every retained message below a namespace: they would stay in the account for three years. */
export async function removeRetained(plane: DataPlane, namespace: string): Promise<void> {
  const found: string[] = [];
  let nextToken: string | null | undefined;
  do {
    const query = { maxResults: '200', ...(typeof nextToken === 'string' ? { nextToken } : {}) };
    const response = await ask(plane, 'GET', '/retainedMessage', query);
    const text = await response.text();
    const page = parseJson(Retained, text);
    if (!response.ok || !page.ok)
      throw new Error(`ListRetainedMessages answered ${response.status}: ${text.slice(0, 200)}`);
    found.push(...page.value.retainedTopics.map(({ topic }) => topic));
    ({ nextToken } = page.value);
  } while (typeof nextToken === 'string' && nextToken !== '');
  // One after the other: a small region takes fifty a second.
  for (const topic of found.filter((one) => one.startsWith(`${namespace}/`))) {
    const { ok, status } = await clear(plane, topic);
    if (!ok) throw new Error(`a retained message was not removed: ${status}`);
  }
}

/** Publishes two retained messages at once, reads what is retained, and removes it. */
export const retainedTwice: Probe = async (world) => {
  const topic = topicOf(world);
  const publish = (text: string) =>
    ask(world, 'POST', pathOf('topics', topic), { qos: '1', retain: 'true' }, text);
  const first = await publish('first');
  const second = await publish('second');
  const retained = await ask(world, 'GET', pathOf('retainedMessage', topic), {});
  const text = await retained.text();
  const isFirst = text.includes(Buffer.from('first').toString('base64'));
  // Within the second this might be the one that is lost.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await clear(world, topic);
  return [
    judged(
      'iot.retained-throttle',
      isFirst,
      `answered ${first.status} and ${second.status}; retained is the ${isFirst ? 'first' : 'second'}`,
    ),
  ];
};
