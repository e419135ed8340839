/**
 * Stepcast on AWS. `StepcastStack` is the whole of it beside a state machine that exists; `StepcastProgress` is the same as a
 * construct for a stack of yours, with a state machine of yours; the parts below can be put together otherwise.
 *
 * Role, IoT and bucket policies are those of `@stepcast/policies`, put in unchanged.
 */
export {
  builtImages,
  Containers,
  ownNetwork,
  type Architecture,
  type ContainerName,
  type ContainerServiceProps,
  type Images,
  type Network,
  type WayOut,
} from './containers.ts';
export { deploymentDocuments, type Documents } from './documents.ts';
export { type Collector, type LogLevel } from './environment.ts';
export { EventRules, type EventRulesProps } from './events.ts';
export { Forwarder, type ForwarderProps } from './forwarder.ts';
export {
  Identities,
  identityPool,
  People,
  type ExistingIdentityPool,
  type LeftIdentityPool,
  type PeopleProps,
  type IdentitiesProps,
  type UserPoolRef,
} from './identities.ts';
export { journalTable, type JournalProps } from './journal.ts';
export { lambdaCode } from './lambda-code.ts';
export { Provisioner, type ProvisionerProps } from './provisioner.ts';
export {
  provisionerFunction,
  provisionerFunctions,
  type ProvisionerFunctionProps,
  type ProvisionerFunctionsProps,
} from './provisioner-functions.ts';
export { scaleByAge } from './queue-scaling.ts';
export { Queues, type QueuesProps } from './queues.ts';
export { reviewedRole } from './roles.ts';
export { Settings } from './settings.ts';
export { signedApi, SignedProvisioner, type SignedProvisionerProps } from './signed-provisioner.ts';
export { type Copies, type Size } from './size.ts';
export { type AllCopies } from './sizes.ts';
export { type StepcastProgressProps } from './progress-props.ts';
export { type ReportsProps } from './reports.ts';
export { StepcastProgress } from './stepcast.ts';
export { StepcastStack, type NetworkIds, type StepcastStackProps } from './stepcast-stack.ts';
export { denyForeign, UploadBucket, type UploadBucketProps } from './upload-bucket.ts';
export { Alarms, type AlarmSet, type AlarmsProps } from './watch/alarms.ts';
export { Dashboard, type DashboardProps } from './watch/dashboard.ts';
export { deployedParts, type DeployedParts } from './watch/deployed.ts';
export { type WatchSettings } from './watch/watch.ts';
export {
  allowLogDelivery,
  existingWorkflow,
  workflowLogGroup,
  workflowLogs,
  type Workflow,
} from './workflow.ts';
