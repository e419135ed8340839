import type { InputPath } from '@stepcast/wire';
import { regionOfId, userPoolProvider, type KeyTemplate, type TopicSpace } from '@stepcast/contracts';

/** What the doctor was asked to check. What is not given is not checked, and the doctor says so. */
export interface Setup {
  readonly region: string;
  readonly partition: string;
  readonly accountId: string | undefined;
  readonly identityPoolId: string | undefined;
  readonly userPoolId: string | undefined;
  readonly userPoolClientId: string | undefined;
  readonly bucket: string | undefined;
  readonly keyTemplate: KeyTemplate;
  readonly topics: TopicSpace;
  readonly iotPolicyName: string;
  readonly authenticatedRoleName: string;
  readonly guestRoleName: string;
  /** One identity to ask about: what is attached to it, what AWS says of it. */
  readonly identityId: string | undefined;
  readonly stateMachineArn: string | undefined;
  /** Log group of the state machine; default: the one that the state machine logs to. */
  readonly logGroupName: string | undefined;
  readonly forwarderFunctionName: string;
  /** A word such as `dev` in every name; `undefined`: none. */
  readonly stage: string | undefined;
  readonly queueNames: Readonly<Record<QueueRole, string>>;
  /** What is deployed: one engine (`small`, the default), or correlator and publisher with a queue between them (`large`). */
  readonly size: Size | undefined;
  /** Origin of the web application, for example `https://app.example.com`. */
  readonly appOrigin: string | undefined;
  /** People are to be shown the outlines of the workflows (`showWorkflows` in the settings of the deployment). */
  readonly showsWorkflows: boolean;
  /** Something else than Stepcast starts the workflow (`startMode` in the settings of the deployment). */
  readonly isObserved: boolean;
  /** `ownership.inputPaths` in the settings of the deployment; undefined when what the stack says does not read. */
  readonly inputPaths: readonly InputPath[] | undefined;
  /** The clients keep MQTT sessions across connections. */
  readonly persistentSessions: boolean;
  readonly kvs: KvsSetup | undefined;
  readonly profile: string | undefined;
  readonly stackName: string | undefined;
  readonly settingsFiles: readonly string[];
  readonly templateFiles: readonly string[];
  /** `http://127.0.0.1:4200` when the deployment is the sandbox. */
  readonly sandboxUrl: string | undefined;
}

export type Size = 'small' | 'large';

export type QueueRole = 'uploads' | 'status' | 'events' | 'progress' | 'deadLetters';

export interface KvsSetup {
  /** For example `session-*`. */
  readonly channelPattern: string;
  /** What every signed-in person is: `listener` (viewer) or `speaker` (master too). */
  readonly authenticated: 'listener' | 'speaker';
  /** Whether people who are not signed in are meant to listen. */
  readonly guests: boolean;
}

/** An identity of this region to ask questions about when none was named. */
export function sampleIdentity(setup: Setup): string {
  return setup.identityId ?? `${setup.region}:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f`;
}

/** Somebody else. */
export function foreignIdentity(setup: Setup): string {
  return `${setup.region}:f0f0f0f0-f0f0-c0c0-f0f0-f0f0f0f0f0f0`;
}

/** Role name of a role ARN, without its path; the text itself when it is no ARN. */
export function roleNameOf(roleArn: string): string {
  return roleArn.slice(roleArn.lastIndexOf('/') + 1);
}

/** `cognito-idp.{region}.amazonaws.com/{userPoolId}`. */
export function providerNameOf(setup: Setup, userPoolId: string): string {
  return userPoolProvider(regionOfId(userPoolId) ?? setup.region, userPoolId);
}
