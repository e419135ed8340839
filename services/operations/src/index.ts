/**
 * What operators read and do: everything behind the command `stepcast` and the page of operators, over ports, with adapters for
 * AWS and the sandbox; and the JSON API of that page.
 */
export {
  auditLine,
  createAudit,
  recordFailure,
  AuditEntry,
  type Audit,
  type NewAuditEntry,
} from './audit.ts';
export { makeAudited, type Change, type ChangeReport } from './changes.ts';
export {
  operatorOfAws,
  operatorOfSandbox,
  type AwsPlace,
  type ConnectDependencies,
  type SandboxOperatorPlace,
} from './connect.ts';
export {
  AmbiguousSubjectError,
  DataInvalidError,
  EXIT,
  OperatorError,
  PlaceUnreachableError,
  RightsMissingError,
  UnfinishedError,
  UnknownSubjectError,
  UsageError,
} from './errors.ts';
export { isSecretName, mask } from './masking.ts';
export { type Operator } from './operator.ts';
export type {
  BrokerConnection,
  DescribedExecution,
  FifoPlace,
  HopHistory,
  HopMeasures,
  HopSeries,
  OperatorBroker,
  OperatorExecutions,
  OperatorQueues,
  OperatorTable,
  QueueAges,
  QueueDepth,
  ScanFilter,
  TableItem,
  TakenMessage,
} from './ports.ts';
export { groupOfExecution } from './execution-group.ts';
export { epochOfEvent, nextSequencer, uploadEventOf, type UploadEvent } from './upload-event.ts';
export { waitUntil } from './wait-until.ts';
export { readAudit, type AuditLine, type FollowedBy } from './audit-reading.ts';
export { OperatorInstant, OperatorTime } from './time.ts';
export { count, shortened } from './words.ts';

export { asking, operatorErrorOf } from './adapters/aws-errors.ts';
export { patience, type ClientOptions, type RequestPatience } from './adapters/client-options.ts';
export { createSqsOperatorQueues } from './adapters/sqs-queues.adapter.ts';

export { type HeldExecution } from './reading/held-executions.ts';
export { bodyOf, textOf } from './reading/items.ts';
export {
  entriesOf,
  entryOf,
  epochsOf,
  eventsOf,
  linesOf,
  stateOf,
  type EpochOfUpload,
  type StreamRef,
} from './reading/streams.ts';
export { ownerOf, ownersOf, subjectOf, type Subject } from './reading/subjects.ts';
export { findOneUpload, findUploads, type FoundUpload, type FoundUploads } from './reading/uploads.ts';
export { parkedSummary, type ParkedSummary } from './reading/waiting.ts';

export { type Confidence, type Proof } from './lookup/confidence.ts';
export {
  lookUp,
  type EpochView,
  type ExecutionView,
  type IdentityView,
  type LookUp,
  type UploadView,
} from './lookup/look-up.ts';

export { readStats, type HopStats, type Stats, type Waiting } from './stats/count-waiting.ts';
export { countLetters, type LetterCount } from './stats/letter-codes.ts';

export {
  placeOf,
  selectsAnything,
  selectStreams,
  subjectOfReplay,
  type Planned,
  type Reached,
  type SelectedStream,
  type Selection,
} from './replay/plan.ts';
export { nothingToReplay, planReplay, type PlannedStream, type ReplayPlan } from './replay/plan-replay.ts';
export { runReplay, type ReplayOptions, type ReplayReport, type ReplaySteps } from './replay/run-replay.ts';

export {
  heldOf,
  helpForHeld,
  heldByName,
  mendHeld,
  nameOfHeld,
  PARKED,
  QUARANTINE,
  viewHeld,
  whyHeld,
  type HeldKind,
  type HeldView,
} from './waiting/held.ts';

export {
  anchorOfCode,
  explainCode,
  linesOfExplanation,
  linksIn,
  withoutLinks,
  type ExplainedCode,
} from './dead-letters/explain.ts';
export { resendingOf, withLetters, type HeldLetter } from './dead-letters/letters.ts';
export {
  backTo,
  letterById,
  letterChange,
  selectLetters,
  viewLetter,
  type LetterSelection,
  type LetterView,
} from './dead-letters/mend-letters.ts';

export { createOperationsApi, type ApiOptions, type ApiReply, type ApiRequest } from './api/api.ts';
export { createHopRecorder, type HopRecorder } from './history/hop-recorder.ts';
export { createApiFunction } from './api/function.ts';
export { registerOperationsApi, type ApiRouteOptions } from './api/routes.ts';
