import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StepcastError } from '@stepcast/kit';
import { sampleHandover, sampleStream } from '@stepcast/publisher/testing';
import { AwsError } from '@stepcast/sandbox';
import { encodeHandover, ENV, QUEUE_NAMES } from '@stepcast/wire';
import { postJson, subscriptionPayload } from '../../support/awslogs.ts';
import { stepcast } from './command.ts';
import type { LetterWorld, Letters } from './letter-world.ts';
import { createdEvent } from './letters-of-correlator.ts';

const FROM_NO_QUEUE = /^left: it came from no queue that takes it back/;
const REPLAY_INSTEAD = /^left: it is about publishing, and the journal has it: replay the upload instead/;

const logged = (executionArn: string, id: number, type: string, details: object) =>
  JSON.stringify({
    id: String(id),
    type,
    details,
    redrive_count: '0',
    previous_event_id: String(id - 1),
    event_timestamp: String(Date.UTC(2026, 10, 3, 10, 15, id)),
    execution_arn: executionArn,
  });

/** What a Kinesis stream between log group and forwarder brings. */
const fromKinesis = (data: string) => ({ Records: [{ kinesis: { data, sequenceNumber: '1' } }] });
const dataOf = (payload: object) =>
  'awslogs' in payload &&
  typeof payload.awslogs === 'object' &&
  payload.awslogs !== null &&
  'data' in payload.awslogs
    ? String(payload.awslogs.data)
    : '';

/** CloudTrail's record of a login; as in the Cognito developer guide, "Example Amazon Cognito events". */
function loginEvent({ sandbox }: LetterWorld, responseElements: object): string {
  const { region, accountId, identityPoolId } = sandbox.info;
  return JSON.stringify({
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.cognito-identity',
    detail: {
      eventSource: 'cognito-identity.amazonaws.com',
      eventName: 'GetCredentialsForIdentity',
      awsRegion: region,
      eventID: '6ad1c766-5a41-4b28-b5ca-e223ccb00f0d',
      requestParameters: {
        logins: { 'cognito-idp.us-east-1.amazonaws.com/x': 'HIDDEN_DUE_TO_SECURITY_REASONS' },
      },
      responseElements,
      resources: [
        {
          type: 'AWS::Cognito::IdentityPool',
          ARN: `arn:aws:cognito-identity:${region}:${accountId}:identitypool/${identityPoolId}`,
        },
      ],
    },
  });
}

/** An error of no kind that the provisioner knows. */
class UnknownFault extends StepcastError {
  readonly code = 'TEST_UNKNOWN';
  readonly retryable = false;
}

export const LETTERS_OF_OTHERS = {
  async FORWARDER_RECORD_INVALID({ sandbox }) {
    const arn = 'arn:aws:states:us-east-1:111122223333:execution:Foreign:x';
    await postJson(
      `${sandbox.url}/awslogs`,
      subscriptionPayload([JSON.stringify({ id: 'x', type: 'T', execution_arn: arn })]),
    );
    return { goes: FROM_NO_QUEUE };
  },
  async FORWARDER_PAYLOAD_INVALID({ services }) {
    await services.forwarderFunction()(fromKinesis(Buffer.from('no gzip').toString('base64')));
    return { goes: FROM_NO_QUEUE };
  },
  // SQS refuses the batch for good, which no batch that the forwarder makes should ever be.
  async FORWARDER_FAILED(world) {
    world.interfere((action, resource) => {
      if (action === 'sqs:SendMessage' && resource.endsWith(QUEUE_NAMES.events))
        throw new AwsError('InvalidMessageContents', 400, 'characters that are not allowed');
    });
    const arn = 'arn:aws:states:us-east-1:111122223333:execution:Foreign:y';
    const payload = subscriptionPayload([logged(arn, 1, 'ExecutionStarted', { input: '{}' })]);
    await world.services.forwarderFunction()(fromKinesis(dataOf(payload)));
    world.interfere(() => undefined);
    return { goes: FROM_NO_QUEUE, says: /KIT_QUEUE_SEND_FAILED: / };
  },
  async PROVISIONER_LOGIN_MALFORMED(world) {
    expectDone(await world.services.firstLogins({})(loginEvent(world, { identityId: 'nobody' })));
    return { goes: FROM_NO_QUEUE };
  },
  async PROVISIONER_POLICY_NOT_ATTACHABLE(world) {
    const handle = world.services.firstLogins({ [ENV.iotPolicyName]: 'forgotten' });
    expectDone(await handle(loginEvent(world, { identityId: await world.identityOf('alice') })));
    return { goes: FROM_NO_QUEUE };
  },
  // What the use case throws has a code of its own or is tried again; only a fault in it can bring this.
  async PROVISIONER_INTERNAL(world) {
    const handle = world.services.firstLogins({}, () => Promise.reject(new UnknownFault('a bug')));
    expectDone(await handle(loginEvent(world, { identityId: await world.identityOf('alice') })));
    return { goes: FROM_NO_QUEUE, says: /TEST_UNKNOWN: a bug/ };
  },
  async PUBLISHER_HANDOVER_INVALID({ send, services }) {
    const publisher = services.publisher(await services.broker());
    await send(QUEUE_NAMES.progress, 'no\nhandover\nat all');
    return { goes: QUEUE_NAMES.progress, after: () => publisher.stop() };
  },
  // A correlator cuts entries smaller than any message may be; whatever else can write to the queue may not.
  async PUBLISHER_MESSAGE_TOO_LARGE({ send, services }) {
    const publisher = services.publisher(await services.broker());
    const event = { projections: { text: 'x'.repeat(140_000) } };
    await send(QUEUE_NAMES.progress, encodeHandover(sampleHandover(sampleStream(), 1, 1, { event })));
    return { goes: REPLAY_INSTEAD, after: () => publisher.stop() };
  },
  async PUBLISHER_PUBLISH_REFUSED(world) {
    const { sandbox, services } = world;
    const broker = await services.broker({ refuse: ({ topic }) => topic.endsWith('/events') });
    const engine = services.engine({}, broker);
    engine.open();
    const key = `users/${await world.identityOf('bob')}/unwelcome.txt`;
    const arn = `${sandbox.info.stateMachineArn.replace(':stateMachine:', ':execution:')}:unwelcome`;
    const input = createdEvent(sandbox.info.bucket, key);
    await engine.takePayload(
      subscriptionPayload([
        logged(arn, 1, 'ExecutionStarted', { input }),
        logged(arn, 2, 'ExecutionSucceeded', {}),
      ]),
    );
    return {
      goes: REPLAY_INSTEAD,
      // What the letter says to do: the journal has all of it.
      after: async () => {
        await engine.stop({ force: true });
        const directory = await mkdtemp(join(tmpdir(), 'stepcast-letter-'));
        const progress = ['--progress-file', join(directory, 'replay.json')];
        const replayed = await stepcast('replay', arn, '--endpoint', sandbox.url, ...progress);
        await rm(directory, { recursive: true });
        if (replayed.code !== 0) throw new Error(replayed.err);
      },
    };
  },
} as const satisfies Partial<Letters>;

function expectDone(verdict: 'done' | object): void {
  if (verdict !== 'done') throw new Error(`the login is to be redelivered: ${JSON.stringify(verdict)}`);
}
