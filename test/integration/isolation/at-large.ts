import { attemptsOnChannels } from './signaling.ts';
import type { Actor, Attempt, Deed, Question, Scene } from './table.ts';

/** Filters, prefixes, keys and client ids that span owners, or that policy and broker might read differently. */
export function attemptsAtLarge(scene: Scene, actor: Actor): readonly Attempt[] {
  const { bucket, topicNamespace: ns } = scene;
  const id = actor.identityId;
  const iot = (rest: string) => `arn:aws:iot:${scene.region}:${scene.accountId}:${rest}`;
  const never = (name: string, question: Question, deed: Deed): Attempt => ({
    id: name,
    questions: [question],
    deed,
    expected: false,
  });
  const filters = [
    '#',
    '+',
    '+/#',
    '+/+/+/overview',
    `${ns.split('/')[0] ?? ''}/#`,
    `${ns}/#`,
    `${ns}/+/overview`,
    `${ns}/+/uploads/#`,
    `${ns}/*`,
    `${ns}/*/overview`,
    '$share/group/#',
    `$share/group/${ns}/#`,
    `$share/group/${ns}/+/overview`,
    `${ns}/\${cognito-identity.amazonaws.com:sub}/#`,
  ];
  const prefixes = [
    '',
    '*',
    'users/',
    'users/*',
    'users/us-east-1:',
    `users/${id}`,
    `users/${id.slice(0, -1)}?/`,
  ];
  const keys = ['a.txt', `users/${id}`, `users/${id}x/a.txt`, `other/${id}/a.txt`, 'users/*/a.txt'];
  return [
    ...filters.map((filter) =>
      never(
        `subscribe ${filter}`,
        { action: 'iot:Subscribe', resource: iot(`topicfilter/${filter}`), context: {} },
        { kind: 'subscribe', filter },
      ),
    ),
    ...['*', 'us-east-1:', 'stepcast-publisher-1', `x${id}`].map((clientId) =>
      never(
        `connect as ${clientId.replace(id, 'oneself')}`,
        {
          action: 'iot:Connect',
          resource: iot(`client/${clientId}`),
          context: { 'iot:ClientId': clientId },
        },
        { kind: 'connect', clientId },
      ),
    ),
    ...[`${ns}/requests/matrix`, `${ns}/*/requests/matrix`, 'elsewhere'].map((topic) =>
      never(
        `publish ${topic}`,
        { action: 'iot:Publish', resource: iot(`topic/${topic}`), context: {} },
        { kind: 'publish', topic, retain: false },
      ),
    ),
    ...prefixes.map((prefix) =>
      never(
        `s3 list ${JSON.stringify(prefix.replace(id, 'oneself'))}`,
        { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: { 's3:prefix': prefix } },
        { kind: 'list', prefix },
      ),
    ),
    never(
      's3 list without a prefix',
      { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: {} },
      { kind: 'list', prefix: undefined },
    ),
    never(
      's3 head bucket',
      { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: {} },
      { kind: 'headBucket' },
    ),
    ...keys.map((key) =>
      never(
        `s3 put ${key.replace(id, 'oneself')}`,
        { action: 's3:PutObject', resource: `arn:aws:s3:::${bucket}/${key}`, context: {} },
        { kind: 's3', call: 'put', key },
      ),
    ),
    ...attemptsOnChannels(scene, actor),
  ];
}
