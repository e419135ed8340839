import {
  clientIdOf,
  type IdentityId,
  keyTemplate,
  SessionId,
  topicSpace,
  uploadIdOf,
} from '@stepcast/contracts';
import type { PolicyRequest } from '@stepcast/policies';

/** Where the isolation matrix is played. */
export interface Scene {
  readonly region: string;
  readonly accountId: string;
  readonly bucket: string;
  readonly topicNamespace: string;
  readonly identityPoolId: string;
  /** ARNs of the signaling channels that the operator has made, by name. */
  readonly channels: ReadonlyMap<string, string>;
}

/** Somebody with credentials of the identity pool. */
export interface Actor {
  readonly name: string;
  readonly identityId: IdentityId;
  readonly authenticated: boolean;
  /** By the group of the user pool. Guests are in none, and Cognito keeps them out of signaling besides. */
  readonly signalingPart: 'speaker' | 'listener' | 'none';
}

/** What is done with tags, and with objects that bring some. No deployed policy allows any of it. */
export type TaggingCall = 'tags' | 'tag' | 'untag' | 'putTagged' | 'createTagged';

/** What is done, in the words of the drivers. A driver knows the address; whether it is allowed it has to find out. */
export type Deed =
  | {
      readonly kind: 's3';
      readonly call:
        'get' | 'head' | 'put' | 'delete' | 'create' | 'part' | 'parts' | 'abort' | 'complete' | TaggingCall;
      readonly key: string;
    }
  | { readonly kind: 'copy'; readonly from: string; readonly to: string }
  | { readonly kind: 'list'; readonly prefix: string | undefined }
  | { readonly kind: 'headBucket' }
  | {
      readonly kind: 'connect';
      readonly clientId: string;
      readonly persistent?: boolean;
      readonly will?: string;
    }
  | { readonly kind: 'subscribe'; readonly filter: string }
  | { readonly kind: 'receive'; readonly topic: string }
  | { readonly kind: 'publish'; readonly topic: string; readonly retain: boolean }
  | { readonly kind: 'attachPolicy' | 'detachPolicy'; readonly target: IdentityId }
  | {
      readonly kind: 'signaling';
      readonly call: 'describe' | 'endpoint' | 'ice' | 'viewer' | 'master' | 'create' | 'delete';
      /** ARN. */
      readonly channel: string;
    }
  /** Cannot be driven: the sandbox has no such operation. Evaluated only. */
  | { readonly kind: 'none' };

export type Question = Pick<PolicyRequest, 'action' | 'resource' | 'context'>;

/** One cell of the matrix: one actor, one thing of one owner (or of nobody in particular). */
export interface Attempt {
  readonly id: string;
  /** What the policies are asked; the deed is allowed when every answer is yes. */
  readonly questions: readonly Question[];
  readonly deed: Deed;
  /** Whether it has to work. Written down here by hand, not derived from any policy. */
  readonly expected: boolean;
}

/** A topic on which the driver publishes something for an owner, to see who gets it. */
export function topicsOf(scene: Scene, owner: IdentityId): readonly string[] {
  const { upload, session, topics } = names(scene, owner);
  return [
    topics.build({ kind: 'events', identityId: owner, uploadId: upload }),
    topics.build({ kind: 'state', identityId: owner, uploadId: upload }),
    topics.build({ kind: 'overview', identityId: owner }),
    topics.build({ kind: 'replies', identityId: owner, session }),
    topics.build({ kind: 'requests', identityId: owner, session }),
  ];
}

function names(scene: Scene, owner: IdentityId) {
  const prefix = keyTemplate('users/{identityId}/').prefixOf(owner);
  return {
    prefix,
    upload: uploadIdOf(scene.bucket, `${prefix}photo.png`),
    session: SessionId.parse('matrix'),
    topics: topicSpace(scene.topicNamespace),
  };
}

/** Every way in which an actor may touch what belongs to one owner. */
export function attemptsOn(scene: Scene, actor: Actor, owner: Actor): readonly Attempt[] {
  const { bucket, topicNamespace } = scene;
  const mine = actor.identityId === owner.identityId;
  const { prefix, session } = names(scene, owner.identityId);
  const [events = '', state = '', overview = '', replies = '', requests = ''] = topicsOf(
    scene,
    owner.identityId,
  );
  const own = `${topicNamespace}/${owner.identityId}`;
  const object = (key: string) => `arn:aws:s3:::${bucket}/${key}`;
  const iot = (rest: string) => `arn:aws:iot:${scene.region}:${scene.accountId}:${rest}`;
  const ask = (action: string, resource: string, context: Question['context'] = {}): Question => ({
    action,
    resource,
    context,
  });
  const here = (name: string) => `${prefix}${name} by ${actor.name}.txt`;
  const s3 = (call: Extract<Deed, { kind: 's3' }>['call'], action: string, name: string): Attempt => ({
    id: `s3 ${call}`,
    questions: [ask(`s3:${action}`, object(name))],
    deed: { kind: 's3', call, key: name },
    expected: mine,
  });
  const tagging = (call: TaggingCall, actions: readonly string[], name: string): Attempt => ({
    id: `s3 ${call}`,
    questions: actions.map((action) => ask(`s3:${action}`, object(name))),
    deed: { kind: 's3', call, key: name },
    expected: false,
  });
  const list = (id: string, at: string): Attempt => ({
    id,
    questions: [ask('s3:ListBucket', `arn:aws:s3:::${bucket}`, { 's3:prefix': at })],
    deed: { kind: 'list', prefix: at },
    expected: mine,
  });
  const evaluated = (action: string, resource: string, context: Question['context'] = {}): Attempt => ({
    id: `${action} (evaluated only)`,
    questions: [ask(action, resource, context)],
    deed: { kind: 'none' },
    expected: false,
  });
  const connect = (
    id: string,
    expected: boolean,
    deed: Omit<Extract<Deed, { kind: 'connect' }>, 'kind'>,
    attributes: readonly string[] = [],
  ): Attempt => ({
    id: `connect ${id}`,
    questions: [
      ask('iot:Connect', iot(`client/${deed.clientId}`), {
        'iot:ClientId': deed.clientId,
        ...(attributes.length === 0 ? {} : { 'iot:ConnectAttributes': attributes }),
      }),
    ],
    deed: { kind: 'connect', ...deed },
    expected,
  });
  const subscribe = (id: string, filter: string, expected: boolean): Attempt => ({
    id: `subscribe ${id}`,
    questions: [ask('iot:Subscribe', iot(`topicfilter/${filter}`))],
    deed: { kind: 'subscribe', filter },
    expected,
  });
  const receive = (id: string, topic: string): Attempt => ({
    id: `receive ${id}`,
    questions: [ask('iot:Receive', iot(`topic/${topic}`))],
    deed: { kind: 'receive', topic },
    expected: mine,
  });
  const publish = (id: string, topic: string, expected: boolean, retain = false): Attempt => ({
    id: `publish ${id}`,
    questions: [
      ask('iot:Publish', iot(`topic/${topic}`)),
      ...(retain ? [ask('iot:RetainPublish', iot(`topic/${topic}`))] : []),
    ],
    deed: { kind: 'publish', topic, retain },
    expected,
  });
  const copy = (id: string, from: string, to: string): Attempt => ({
    id: `s3 copy ${id}`,
    questions: [ask('s3:GetObject', object(from)), ask('s3:PutObject', object(to))],
    deed: { kind: 'copy', from, to },
    expected: mine,
  });
  const clientId = (name: string) => clientIdOf(owner.identityId, SessionId.parse(`${name}-${actor.name}`));
  const ownPrefix = names(scene, actor.identityId).prefix;

  return [
    s3('get', 'GetObject', `${prefix}seed.txt`),
    s3('head', 'GetObject', `${prefix}seed.txt`),
    s3('put', 'PutObject', here('put')),
    s3('delete', 'DeleteObject', `${prefix}victim of ${actor.name}.txt`),
    s3('create', 'PutObject', here('created')),
    s3('part', 'PutObject', here('upload')),
    s3('parts', 'ListMultipartUploadParts', here('upload')),
    s3('complete', 'PutObject', here('completed')),
    s3('abort', 'AbortMultipartUpload', here('aborted')),
    tagging('tags', ['GetObjectTagging'], `${prefix}seed.txt`),
    tagging('tag', ['PutObjectTagging'], `${prefix}seed.txt`),
    tagging('untag', ['DeleteObjectTagging'], `${prefix}seed.txt`),
    tagging('putTagged', ['PutObject', 'PutObjectTagging'], here('put with tags')),
    tagging('createTagged', ['PutObject', 'PutObjectTagging'], here('created with tags')),
    copy('out of the owner’s prefix', `${prefix}seed.txt`, `${ownPrefix}taken from ${owner.name}.txt`),
    copy('into the owner’s prefix', `${ownPrefix}seed.txt`, here('smuggled')),
    list('s3 list', prefix),
    list('s3 list deeper', `${prefix}2026/`),
    ...['PutObjectAcl', 'GetObjectVersion', 'DeleteObjectVersion', 'PutObjectVersionTagging'].map((action) =>
      evaluated(`s3:${action}`, object(`${prefix}seed.txt`)),
    ),
    ...['ListBucketVersions', 'ListBucketMultipartUploads'].map((action) =>
      evaluated(`s3:${action}`, `arn:aws:s3:::${bucket}`, { 's3:prefix': prefix }),
    ),
    connect('a client id with a session', mine, { clientId: clientId('c') }),
    connect('the bare identity as client id', mine, { clientId: owner.identityId }),
    connect('a session that persists', false, { clientId: clientId('p'), persistent: true }, [
      'PersistentConnect',
    ]),
    connect('a last will', false, { clientId: clientId('w'), will: events }, ['LastWill']),
    subscribe('events', events, mine),
    subscribe('state', state, mine),
    subscribe('overview', overview, mine),
    subscribe('replies', replies, mine),
    subscribe('everything of the owner', `${own}/#`, mine),
    subscribe('uploads #', `${own}/uploads/#`, mine),
    subscribe('uploads + events', `${own}/uploads/+/events`, mine),
    subscribe('+ + state', `${own}/+/+/state`, mine),
    subscribe('the identity’s own level', own, false),
    subscribe('shared #', `$share/group/${own}/#`, false),
    subscribe('shared events', `$share/group/${events}`, false),
    receive('events', events),
    receive('state', state),
    receive('overview', overview),
    receive('replies', replies),
    publish('requests', requests, mine),
    publish('requests, retained', requests, false, true),
    publish('events', events, false),
    publish('state', state, false),
    publish('overview', overview, false),
    publish('replies', `${own}/replies/${session}`, false),
    {
      id: 'attach the IoT policy',
      questions: [ask('iot:AttachPolicy', owner.identityId)],
      deed: { kind: 'attachPolicy', target: owner.identityId },
      expected: false,
    },
    {
      id: 'detach the IoT policy',
      questions: [ask('iot:DetachPolicy', owner.identityId)],
      deed: { kind: 'detachPolicy', target: owner.identityId },
      expected: false,
    },
  ];
}
