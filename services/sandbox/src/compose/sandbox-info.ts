import { IOT_POLICY_NAME } from '@stepcast/wire';
import type { SandboxConfig } from '../config.ts';
import { logGroupName } from '../logs/index.ts';
import type { StandIns } from './create-workflow.ts';
import { MQTT_PATH, PREFIXES, SANDBOX_USERS, type Place } from './place.ts';
import type { WorkflowWords } from './workflow-words.ts';

/** What `GET /sandbox.json` answers: all that a script or a page needs to talk to the sandbox with stock clients. */
export interface SandboxInfo {
  readonly region: string;
  readonly accountId: string;
  readonly identityPoolId: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  readonly users: readonly { readonly username: string; readonly password: string }[];
  readonly bucket: string;
  /** Where the identity ID stands in object keys; the `…` is up to the uploader. */
  readonly keyTemplate: string;
  readonly topicNamespace: string;
  readonly iotPolicyName: string;
  readonly stateMachineArn: string;
  /** What the tasks call that made-up answers stand in for: functions and service integrations by their resource. */
  readonly standIns: readonly string[];
  /** Names of the states that call them. */
  readonly standInStates: readonly string[];
  /** How a page may speak of the workflow. */
  readonly workflow: WorkflowWords;
  /** Whether people are let in without signing in. */
  readonly guests: boolean;
  /** Where the workflow writes its log records. */
  readonly logGroupName: string;
  /** What `/awslogs` and `/executions` want in `x-stepcast-token`; only for readers on this machine. */
  readonly token?: string;
  /** Where back offices read the feed, with the user name `integration` and the token as password; only for readers on this machine. */
  readonly mqttUrl?: string;
  readonly endpoints: {
    readonly cognitoIdp: string;
    readonly cognitoIdentity: string;
    readonly s3: string;
    readonly sqs: string;
    readonly dynamodb: string;
    readonly stepFunctions: string;
    readonly iot: string;
    /** CloudWatch Logs. */
    readonly logs: string;
    /** Signaling channels, for both of its clients. */
    readonly kinesisVideo: string;
    /** `ws://…/mqtt`; sign it as iot-core presigned URLs are signed. */
    readonly mqttWss: string;
    /** Base address; the path is `/v1/provision`. */
    readonly provisioner: string;
    readonly jwks: string;
  };
}

/** @param baseUrl `http://host:port`, without a slash at the end */
export function sandboxInfo(
  config: SandboxConfig,
  place: Place,
  baseUrl: string,
  now: () => { readonly standIns: StandIns; readonly workflow: WorkflowWords },
): SandboxInfo {
  const at = (path: string) => `${baseUrl}${path}`;
  return {
    region: place.region,
    accountId: place.accountId,
    identityPoolId: place.identityPoolId,
    userPoolId: place.userPoolId,
    userPoolClientId: place.userPoolClientId,
    users: SANDBOX_USERS.map(({ username, password }) => ({ username, password })),
    bucket: place.bucket,
    keyTemplate: config.keyTemplate.endsWith('/') ? `${config.keyTemplate}…` : config.keyTemplate,
    topicNamespace: config.topicNamespace,
    iotPolicyName: IOT_POLICY_NAME,
    stateMachineArn: place.stateMachineArn,
    // They change when a workflow is reloaded.
    get standIns() {
      return now().standIns.resources;
    },
    get standInStates() {
      return now().standIns.states;
    },
    get workflow() {
      return now().workflow;
    },
    guests: config.guests,
    logGroupName: logGroupName(place.logGroupArn),
    endpoints: {
      cognitoIdp: at(PREFIXES.cognitoIdp),
      cognitoIdentity: at(PREFIXES.cognitoIdentity),
      s3: at(PREFIXES.s3),
      sqs: at(PREFIXES.sqs),
      dynamodb: at(PREFIXES.dynamodb),
      stepFunctions: at(PREFIXES.stepFunctions),
      iot: at(PREFIXES.iot),
      logs: at(PREFIXES.logs),
      kinesisVideo: at(PREFIXES.kinesisVideo),
      mqttWss: `${baseUrl.replace(/^http/, 'ws')}${MQTT_PATH}`,
      provisioner: (config.provisionerUrl ?? baseUrl).replace(/\/$/, ''),
      jwks: at(jwksPath(place)),
    },
  };
}

export function jwksPath(place: Place): string {
  return `/${place.userPoolId}/.well-known/jwks.json`;
}

/** The origins of all endpoints, for the page that talks to them. */
export function originsOf(info: SandboxInfo): readonly string[] {
  const { mqttWss, kinesisVideo, ...others } = info.endpoints;
  const sockets = [mqttWss, kinesisVideo.replace(/^http/, 'ws')];
  return [
    ...new Set(
      [...Object.values(others), kinesisVideo, ...sockets].map((url) => {
        const { protocol, host } = new URL(url);
        return `${protocol}//${host}`;
      }),
    ),
  ];
}
