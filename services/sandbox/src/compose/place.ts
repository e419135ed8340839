import { regionalArn } from '../core/index.ts';
import type { SandboxConfig } from '../config.ts';

/** Where the AWS endpoints live below the sandbox's address. */
export const PREFIXES = {
  s3: '/aws/s3',
  sqs: '/aws/sqs',
  dynamodb: '/aws/dynamodb',
  stepFunctions: '/aws/states',
  iot: '/aws/iot',
  cognitoIdp: '/aws/cognito-idp',
  cognitoIdentity: '/aws/cognito-identity',
  kinesisVideo: '/aws/kinesisvideo',
  eventBridge: '/aws/events',
  logs: '/aws/logs',
} as const;

export const MQTT_PATH = '/mqtt';

/** The people of the sandbox. Their passwords are no secret: they are printed, and the page fills them in. */
export const SANDBOX_USERS = [
  { username: 'alice', password: 'Alice-in-the-sandbox-1', group: 'speakers' },
  { username: 'bob', password: 'Bob-in-the-sandbox-2', group: 'listeners' },
] as const;

/** Signaling: the channel that is there from the start, which channels are for everybody's roles, and who gets which role. */
export const SIGNALING = {
  channel: 'session-sandbox',
  channelPattern: 'session-*',
  roles: { speakers: 'stepcast-speaker', listeners: 'stepcast-listener' },
} as const;

/** The feed for back offices: its event bus, and who reads what comes of it over MQTT. */
export const FEED = {
  eventBus: 'stepcast',
  username: 'integration',
  roleName: 'stepcast-integration',
} as const;

/** The names of everything in one sandbox. The same from start to start, so that scripts and bookmarks keep working. */
export interface Place {
  readonly region: string;
  readonly accountId: string;
  readonly bucket: string;
  readonly identityPoolId: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  readonly stateMachineName: string;
  readonly stateMachineArn: string;
  readonly logGroupArn: string;
}

const DEMO_MACHINE = 'PhotoPipeline';
const USER_MACHINE = 'MyWorkflow';

export function placeOf(config: SandboxConfig): Place {
  const { region, accountId } = config;
  const stateMachineName = config.workflow === undefined ? DEMO_MACHINE : USER_MACHINE;
  return {
    region,
    accountId,
    bucket: `stepcast-uploads-${accountId}`,
    identityPoolId: `${region}:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11`,
    userPoolId: `${region}_SandboxUsers`,
    userPoolClientId: '7h2k9q0m4v8t1c6r3p5s0w2x9z',
    stateMachineName,
    stateMachineArn: regionalArn(config, 'states', `stateMachine:${stateMachineName}`),
    logGroupArn: regionalArn(config, 'logs', `log-group:/aws/vendedlogs/states/${stateMachineName}-Logs:*`),
  };
}
