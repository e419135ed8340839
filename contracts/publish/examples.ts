import {
  type CatchUpItem,
  type CatchUpReply,
  CatchUpReplyMessage,
  CatchUpRequestMessage,
  correlationMessageId,
  CorrelationMessage,
  emptyState,
  epochOf,
  epochOfExecution,
  ErrorReply,
  ExecutionArn,
  executionArnParts,
  executionNameOf,
  foldEvent,
  GuestAccess,
  IdentityId,
  MESSAGE_TYPES,
  offsetOf,
  OverviewMessage,
  type ProgressEvent,
  progressMessageId,
  ProgressMessage,
  ProvisionReply,
  ProvisionRequest,
  SessionId,
  StateMessage,
  subjectOf,
  summaryOf,
  uploadIdOf,
  type UploadState,
} from '@stepcast/contracts';
import * as z from 'zod/mini';

/** An example of a message, under the name of its schema. */
export interface Example {
  readonly schema: string;
  /** In camel case, unique. */
  readonly name: string;
  readonly summary: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Names in the examples: of topics too. */
const bucket = 'photos';
export const EXAMPLE_IDENTITY = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const key = `users/${EXAMPLE_IDENTITY}/harbour.jpg`;
export const EXAMPLE_UPLOAD = uploadIdOf(bucket, key);
export const EXAMPLE_SESSION = SessionId.parse('Yk3-fV0qLw');
const versionId = '3HL4kqtJlcpXroDTDmJ';
const epoch = epochOf({ versionId }) ?? epochOfExecution(versionId);
const at = (second: number) => new Date(Date.UTC(2026, 10, 3, 10, 15, second)).toISOString();
const executionArn = ExecutionArn.parse(
  `arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:${executionNameOf(bucket, key, epoch)}`,
);
const stream = { identityId: EXAMPLE_IDENTITY, uploadId: EXAMPLE_UPLOAD, epoch, epochStartedAt: at(0) };

type Draft = Omit<ProgressEvent, 'offset' | 'time'>;
const resize: ProgressEvent['step'] = { name: 'Resize', type: 'Task', attempt: 1 };
const drafts: readonly Draft[] = [
  { kind: 'uploaded' },
  { kind: 'executionStarted', executionArn, percent: 0, etaSeconds: 42 },
  { kind: 'stepStarted', executionArn, step: resize, percent: 0, etaSeconds: 41 },
  {
    kind: 'stepReported',
    executionArn,
    step: resize,
    percent: 0,
    etaSeconds: 41,
    report: { percent: 60, done: 3, total: 5, text: '3 of 5 sizes' },
  },
  {
    kind: 'stepRetried',
    executionArn,
    step: { ...resize, attempt: 2 },
    percent: 0,
    error: { name: 'States.Timeout' },
  },
  { kind: 'stepSucceeded', executionArn, step: { ...resize, attempt: 2 }, percent: 40, etaSeconds: 25 },
  { kind: 'stepStarted', executionArn, step: { name: 'Tag', type: 'Map' }, percent: 40, etaSeconds: 24 },
  {
    kind: 'iterationsProgressed',
    executionArn,
    step: { name: 'Tag', type: 'Map' },
    iterations: { total: 20, started: 12, succeeded: 9, failed: 0 },
    percent: 67,
    etaSeconds: 14,
    projections: { album: { id: 'a-17' } },
  },
];
const events = drafts.map((draft, index): ProgressEvent => {
  return { ...draft, offset: offsetOf(index + 1), time: at(index) };
});
const state = events.reduce<UploadState>(foldEvent, emptyState({ ...stream, bucket, key }));

function envelope(type: string, id: string, second: number, data: unknown, subject?: string) {
  return {
    specversion: '1.0',
    id,
    type,
    time: at(second),
    source: executionArnParts(executionArn).stateMachineArn,
    ...(subject === undefined ? {} : { subject }),
    datacontenttype: 'application/json',
    data,
  };
}

function progress(sent: readonly ProgressEvent[]) {
  const [first, last] = [sent[0]?.offset ?? offsetOf(1), sent.at(-1)?.offset ?? offsetOf(1)];
  const data = { ...stream, firstOffset: first, lastOffset: last, replay: false, events: sent };
  return envelope(MESSAGE_TYPES.progress, progressMessageId(data), 7, data, subjectOf(bucket, key));
}

function reply(parts: Partial<CatchUpReply> & { readonly items: CatchUpItem[] }) {
  const data = { requestId: 'r-1', page: 1, last: true, ...parts };
  return {
    ...envelope(MESSAGE_TYPES.catchUpReply, `${data.requestId}:${data.page}`, 9, data),
    source: 'stepcast',
  };
}

const stateId = `${EXAMPLE_UPLOAD}:${epoch}:${state.position.offset}:state`;
const overview = { identityId: EXAMPLE_IDENTITY, uploads: [summaryOf(state)], asOf: at(8), truncated: false };
const asked = {
  requestId: 'r-1',
  uploads: [{ uploadId: EXAMPLE_UPLOAD, position: { epoch, offset: 4 } }],
  overview: true,
};
const correlation = {
  kind: 'executionStarted' as const,
  identityId: EXAMPLE_IDENTITY,
  uploadId: EXAMPLE_UPLOAD,
  bucket,
  key,
  position: { epoch, offset: offsetOf(2) },
  epochStartedAt: at(0),
  executionArn,
  proofs: ['managedStart', 'keyPrefix'],
  status: 'running' as const,
};
const guests = {
  allowed: true,
  works: ['progress', 'uploads'],
  cannot: [{ capability: 'signalling', why: 'Cognito cuts the credentials of guests.' }],
};
const uploadId = EXAMPLE_UPLOAD;

const messages = {
  ProgressMessage,
  StateMessage,
  OverviewMessage,
  CatchUpRequestMessage,
  CatchUpReplyMessage,
  CorrelationMessage,
};
const bodies = { ProvisionRequest, ProvisionReply, GuestAccess, ErrorReply };
const schemas = { ...messages, ...bodies } as const;

/** An example that its own schema refuses, so that nothing can be published. */
export class ExampleRefusedError extends Error {
  constructor(schema: string, name: string, why: string) {
    super(
      `the example ${name} of ${schema} is refused by its schema: ${why}; change it in contracts/publish/examples.ts`,
    );
  }
}

/** @throws ExampleRefusedError */
export function example(
  schema: keyof typeof schemas,
  name: string,
  summary: string,
  value: unknown,
): Example {
  // What is published is what the schema read: a field that it does not know would not survive.
  const read = z.safeParse(schemas[schema], value);
  if (!read.success)
    throw new ExampleRefusedError(
      schema,
      name,
      read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  return { schema, name, summary, value: z.record(z.string(), z.unknown()).parse(read.data) };
}

/** Messages as the services send and receive them; states and identifiers are computed, not typed. */
export function readExamples(): readonly Example[] {
  return [
    example('ProgressMessage', 'firstEvents', 'An upload that began.', progress(events.slice(0, 4))),
    example(
      'ProgressMessage',
      'laterEvents',
      'The events after those, with no hole between.',
      progress(events.slice(4)),
    ),
    example(
      'StateMessage',
      'running',
      'The state that the two progress messages fold into.',
      envelope(MESSAGE_TYPES.state, stateId, 7, state, subjectOf(bucket, key)),
    ),
    example('OverviewMessage', 'oneUpload', 'An identity with one upload.', {
      ...envelope(MESSAGE_TYPES.overview, `${EXAMPLE_IDENTITY}:overview:${overview.asOf}`, 8, overview),
      source: 'stepcast',
    }),
    example(
      'CorrelationMessage',
      'started',
      'An execution began; its owner is proven.',
      envelope(
        MESSAGE_TYPES.correlation,
        correlationMessageId(correlation),
        1,
        correlation,
        subjectOf(bucket, key),
      ),
    ),
    example('CatchUpRequestMessage', 'fromPosition', 'A client has the events up to offset 4.', {
      ...envelope(MESSAGE_TYPES.catchUpRequest, 'r-1', 8, asked),
      source: 'my-client',
    }),
    example(
      'CatchUpReplyMessage',
      'stateAndEvents',
      'What the client asked for: the state, the events it missed, the overview.',
      reply({
        items: [
          { kind: 'state', uploadId, state },
          { kind: 'events', uploadId, epoch, epochStartedAt: at(0), events: events.slice(4) },
        ],
        overview,
      }),
    ),
    example(
      'CatchUpReplyMessage',
      'discontinuity',
      'The journal no longer reaches back to the position.',
      reply({
        items: [
          { kind: 'state', uploadId, state },
          { kind: 'discontinuity', uploadId, reason: 'expired' },
        ],
      }),
    ),
    example(
      'CatchUpReplyMessage',
      'refusal',
      'The identity asked too often.',
      reply({ items: [], refusal: { code: 'rateLimited', message: 'too many requests', retryAfterMs: 500 } }),
    ),
    example('ProvisionRequest', 'firstTime', 'The ID token is in the header Authorization.', {}),
    example('ProvisionRequest', 'afterRefusal', 'The broker refused after an answer that was `ready`.', {
      refused: true,
    }),
    example('ProvisionReply', 'ready', 'The identity may connect now.', {
      status: 'ready',
      identityId: EXAMPLE_IDENTITY,
    }),
    example('ProvisionReply', 'propagating', 'AWS IoT may refuse for some minutes yet.', {
      status: 'propagating',
      identityId: EXAMPLE_IDENTITY,
      retryUntil: at(59),
    }),
    example('GuestAccess', 'guests', 'Guests may follow uploads, but not use signalling channels.', guests),
    example('ErrorReply', 'refused', 'The token was not accepted.', {
      error: { code: 'PROVISIONER_TOKEN_REJECTED', message: 'the token was not accepted', retryable: false },
    }),
  ];
}
