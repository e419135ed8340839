import { randomUUID } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { judged, type Probe, type World } from '../probe.ts';

/** A signed request to AWS IoT's data endpoint, under the rights of the operator. */
async function ask(
  world: World,
  method: 'GET' | 'POST',
  path: string,
  query: Record<string, string>,
  body = '',
) {
  const { region, emulator, dataEndpoint, clients } = world;
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

/** Publishes two retained messages at once, reads what is retained, and removes it. */
export const retainedTwice: Probe = async (world) => {
  const topic = topicOf(world);
  const publish = (text: string) =>
    ask(world, 'POST', pathOf('topics', topic), { qos: '1', retain: 'true' }, text);
  const first = await publish('first');
  const second = await publish('second');
  const kept = await ask(world, 'GET', pathOf('retainedMessage', topic), {});
  const text = await kept.text();
  const isFirst = text.includes(Buffer.from('first').toString('base64'));
  // An empty message removes what is retained; within the second it might be the one that is lost.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await publish(' ').then(() => ask(world, 'POST', pathOf('topics', topic), { qos: '1', retain: 'true' }));
  return [
    judged(
      'iot.retained-throttle',
      isFirst,
      `answered ${first.status} and ${second.status}; retained is the ${isFirst ? 'first' : 'second'}`,
    ),
  ];
};
