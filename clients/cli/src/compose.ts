import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { IAMClient } from '@aws-sdk/client-iam';
import { IoTClient } from '@aws-sdk/client-iot';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { Environment } from '@stepcast/kit';
import { type ClientOptions, patience } from '@stepcast/operations';
import { createCloudFormationStacks } from './adapters/cloudformation-stacks.adapter.ts';
import { createCloudWatchLogs } from './adapters/cloudwatch-logs.adapter.ts';
import { createCognitoIdentityPools } from './adapters/cognito-identity-pools.adapter.ts';
import { createCognitoUserPools } from './adapters/cognito-user-pools.adapter.ts';
import { createIamRoles } from './adapters/iam-roles.adapter.ts';
import { createIotControl } from './adapters/iot-control.adapter.ts';
import { createLocalFiles } from './adapters/local-files.adapter.ts';
import { createS3Buckets, createS3Probe } from './adapters/s3-buckets.adapter.ts';
import type { SandboxPerson, SandboxPlace } from './adapters/sandbox-place.adapter.ts';
import { createSfnStateMachines } from './adapters/sfn-state-machines.adapter.ts';
import { createSqsQueues } from './adapters/sqs-queues.adapter.ts';
import { createSsoPortal } from './adapters/sso-portal.adapter.ts';
import { createStsCaller } from './adapters/sts-caller.adapter.ts';
import { awsFiles } from './config.ts';
import { unavailable } from './domain/evidence.ts';
import type { Repairs } from './ports/repairs.port.ts';
import type { Sources } from './ports/sources.port.ts';

export interface Connections {
  readonly sources: Sources;
  readonly repairs: Repairs;
  close(): void;
}

const absent = (what: string) => () => Promise.resolve(unavailable(`the sandbox has no ${what}`));

/** Everything that the doctor asks of AWS, with the credentials of a profile or the usual chain. */
export function connectToAws(
  options: { readonly region: string; readonly profile: string | undefined },
  environment: Environment,
): Connections {
  const client: ClientOptions = {
    ...patience,
    region: options.region,
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  };
  const clients = {
    sts: new STSClient(client),
    identities: new CognitoIdentityClient(client),
    userPools: new CognitoIdentityProviderClient(client),
    iam: new IAMClient(client),
    iot: new IoTClient(client),
    s3: new S3Client(client),
    sfn: new SFNClient(client),
    logs: new CloudWatchLogsClient(client),
    sqs: new SQSClient(client),
    stacks: new CloudFormationClient(client),
  };
  const iot = createIotControl(clients.iot);
  const buckets = createS3Buckets(clients.s3);
  const files = createLocalFiles();
  return {
    sources: {
      caller: createStsCaller(clients.sts),
      identityPools: createCognitoIdentityPools(clients.identities),
      userPools: createCognitoUserPools(clients.userPools),
      roles: createIamRoles(clients.iam),
      iot,
      buckets,
      probes: {
        probe: () =>
          Promise.resolve(unavailable('it needs a person’s credentials, which only the sandbox gives out')),
      },
      stateMachines: createSfnStateMachines(clients.sfn),
      logs: createCloudWatchLogs(clients.logs),
      queues: createSqsQueues(clients.sqs),
      sso: createSsoPortal({ ...patience, ...awsFiles(environment) }),
      stacks: createCloudFormationStacks(clients.stacks),
      files,
    },
    repairs: repairsOf(iot, buckets, files),
    close: closer(Object.values(clients)),
  };
}

/**
 * The same questions to the sandbox, under the key of its operator. It has no IAM, no CloudWatch Logs API and no IAM
 * Identity Center.
 */
export function connectToSandbox(
  place: SandboxPlace,
  person: SandboxPerson,
  operator: NonNullable<ClientOptions['credentials']>,
  environment: Environment,
): Connections {
  const { region, endpoints, accountId } = place;
  const client = (endpoint: string, credentials: SandboxPerson['credentials']): ClientOptions => ({
    ...patience,
    region,
    endpoint,
    credentials,
  });
  const clients = {
    identities: new CognitoIdentityClient(client(endpoints.cognitoIdentity, operator)),
    userPools: new CognitoIdentityProviderClient(client(endpoints.cognitoIdp, operator)),
    iot: new IoTClient(client(endpoints.iot, operator)),
    s3: new S3Client({ ...client(endpoints.s3, operator), forcePathStyle: true }),
    // Isolation is proven with the credentials of a person.
    ownS3: new S3Client({ ...client(endpoints.s3, person.credentials), forcePathStyle: true }),
    sfn: new SFNClient(client(endpoints.stepFunctions, operator)),
    sqs: new SQSClient(client(endpoints.sqs, operator)),
  };
  const iot = createIotControl(clients.iot);
  const buckets = createS3Buckets(clients.s3);
  const files = createLocalFiles();
  return {
    sources: {
      caller: { caller: absent('STS') },
      identityPools: createCognitoIdentityPools(clients.identities),
      userPools: createCognitoUserPools(clients.userPools),
      roles: { role: absent('IAM; it enforces the policies of this version') },
      iot,
      buckets,
      probes: createS3Probe(clients.ownS3, place.bucket),
      stateMachines: createSfnStateMachines(clients.sfn),
      logs: {
        logGroup: absent('CloudWatch Logs'),
        resourcePolicies: absent('CloudWatch Logs'),
        subscriptionFilters: absent('CloudWatch Logs'),
      },
      queues: createSqsQueues(clients.sqs, (name) => `${endpoints.sqs}/${accountId}/${name}`),
      sso: createSsoPortal({ ...patience, ...awsFiles(environment) }),
      stacks: { stack: absent('CloudFormation') },
      files,
    },
    repairs: repairsOf(iot, buckets, files),
    close: closer(Object.values(clients)),
  };
}

function repairsOf(
  iot: Pick<Repairs, 'attachIotPolicy'>,
  buckets: Pick<Repairs, 'putCors'>,
  files: Pick<Repairs, 'setSetting'>,
): Repairs {
  return {
    attachIotPolicy: (policyName, identityId) => iot.attachIotPolicy(policyName, identityId),
    putCors: (bucket, rules) => buckets.putCors(bucket, rules),
    setSetting: (path, line, name, value) => files.setSetting(path, line, name, value),
  };
}

function closer(clients: readonly { destroy(): void }[]): () => void {
  return () => {
    for (const client of clients) client.destroy();
  };
}
