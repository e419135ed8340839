import { clientIdOf, IdentityId, keyTemplate, SessionId, topicSpace, uploadIdOf } from '@stepcast/contracts';
import {
  buildPolicies,
  IDENTITY_VARIABLE,
  type PolicyDocument,
  type PolicyStatement,
} from '@stepcast/policies';

/**
 * Pairs of a policy document and a request for two evaluators. `document` is Stepcast's own form, with variables;
 * {@link forSimulator} turns it into what a simulator without context entries and variables can answer.
 */
export interface PolicyPair {
  readonly document: PolicyDocument;
  readonly action: string;
  readonly resource: string;
  /** What the request knows: the caller's account, its region (any text: conditions are tested on it), a prefix. */
  readonly accountId: string;
  readonly region: string;
  readonly prefix: string | undefined;
  readonly identityId: string;
}

const session = SessionId.parse('tab1');
const bucket = 'progress-uploads-111122223333';
const people = ['1f0e2d3c', '2a1b3c4d', '9d8e7f60'].map((head) =>
  IdentityId.parse(`us-east-1:${head}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`),
);
export const nobody = people[0] ?? IdentityId.parse('');

/** Every document that is shipped, asked about the caller's own things and those of somebody else. */
export function shippedPairs(): readonly PolicyPair[] {
  const built = buildPolicies({
    region: 'us-east-1',
    accountId: '111122223333',
    bucket,
    identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
    guestUploads: true,
    kvs: { channelPattern: 'session-*', speakerRoleName: 'speaker', listenerRoleName: 'listener' },
    services: { stateMachineNames: ['PhotoPipeline'], provisionerExtendsRoles: true },
  });
  const documents = [
    ...[
      built.authenticated,
      built.guest,
      built.speaker,
      built.listener,
      ...Object.values(built.services),
    ].flatMap((role) => (role === undefined ? [] : [role.document])),
    built.iotPolicy.document,
  ];
  return documents.flatMap((document) =>
    people.slice(0, 2).flatMap((owner) =>
      requestsAbout(owner).map((request) => ({
        document,
        identityId: nobody,
        accountId: '111122223333',
        region: 'us-east-1',
        ...request,
      })),
    ),
  );
}

function requestsAbout(
  owner: IdentityId,
): { action: string; resource: string; prefix: string | undefined }[] {
  const topics = topicSpace();
  const keys = keyTemplate('users/{identityId}/');
  const uploadId = uploadIdOf(bucket, `${keys.prefixOf(owner)}a.png`);
  const iot = (rest: string) => `arn:aws:iot:us-east-1:111122223333:${rest}`;
  const events = topics.build({ kind: 'events', identityId: owner, uploadId });
  const requests = topics.build({ kind: 'requests', identityId: owner, session });
  const plain = (action: string, resource: string) => ({ action, resource, prefix: undefined });
  const channel = 'arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-a/1764058120804';
  return [
    ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:PutObjectAcl', 's3:AbortMultipartUpload'].map(
      (action) => plain(action, `arn:aws:s3:::${bucket}/${keys.prefixOf(owner)}a*?.png`),
    ),
    ...[undefined, '*', 'users/', keys.prefixOf(owner), `${keys.prefixOf(owner)}2026/`].map((prefix) => ({
      action: 's3:ListBucket',
      resource: `arn:aws:s3:::${bucket}`,
      prefix,
    })),
    plain('iot:Connect', iot(`client/${clientIdOf(owner, session)}`)),
    plain('iot:Connect', iot('client/stepcast-publisher-1')),
    ...[
      events,
      `${topics.namespace}/${owner}/#`,
      '#',
      topics.requestFilter,
      `$share/g/${topics.requestFilter}`,
    ].map((filter) => plain('iot:Subscribe', iot(`topicfilter/${filter}`))),
    ...[events, requests].flatMap((topic) =>
      ['iot:Receive', 'iot:Publish', 'iot:RetainPublish'].map((action) =>
        plain(action, iot(`topic/${topic}`)),
      ),
    ),
    plain('iot:AttachPolicy', owner),
    plain('kinesisvideo:ConnectAsViewer', channel),
    plain('kinesisvideo:ConnectAsMaster', channel),
    plain('sqs:SendMessage', 'arn:aws:sqs:us-east-1:111122223333:stepcast-progress.fifo'),
    plain('dynamodb:PutItem', 'arn:aws:dynamodb:us-east-1:111122223333:table/stepcast-journal'),
    plain('states:StartExecution', 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline'),
  ];
}

export interface SimulatorQuestion {
  readonly document: string;
  readonly action: string;
  readonly resource: string;
  readonly accountId: string;
  readonly region: string;
}

/**
 * The same question for MiniStack's `SimulateCustomPolicy`, which takes no context entries and replaces no variables.
 * Variables are replaced here. The one free context value it has is the region, read from the credential scope of the
 * request; a prefix travels as the region (with `|` for `/`, which ends a scope), and conditions on `s3:prefix` with it.
 */
export function forSimulator(pair: PolicyPair): SimulatorQuestion {
  const { action, resource, accountId, prefix } = pair;
  const document: PolicyDocument = {
    ...pair.document,
    Statement: pair.document.Statement.map((one) =>
      prefix === undefined || one.Condition === undefined
        ? one
        : { ...one, Condition: prefixAsRegion(one.Condition) },
    ),
  };
  return {
    document: JSON.stringify(document).replaceAll(IDENTITY_VARIABLE, pair.identityId),
    action,
    resource,
    accountId,
    region: prefix === undefined ? pair.region : prefix.replaceAll('/', '|'),
  };
}

function prefixAsRegion(condition: NonNullable<PolicyStatement['Condition']>): PolicyStatement['Condition'] {
  const bar = (value: string | number | boolean) => String(value).replaceAll('/', '|');
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([key, values]) =>
          key === 's3:prefix' ? ['aws:RequestedRegion', [values].flat().map(bar)] : [key, values],
        ),
      ),
    ]),
  );
}
