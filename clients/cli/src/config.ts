import {
  DEFAULT_KEY_TEMPLATE,
  describeIssues,
  keyTemplate,
  parseJson,
  partitionOf,
  regionOfId,
  topicSpace,
} from '@stepcast/contracts';
import { deploymentNames, ENV, InputPaths, isStage } from '@stepcast/wire';
import { asError, type Environment } from '@stepcast/kit';
import * as z from 'zod';
import type { SandboxPlace } from './adapters/sandbox-place.adapter.ts';
import type { Setup } from './domain/setup.ts';
import { UsageError } from './errors.ts';
import { optionProblems } from './option-problems.ts';

const Text = z.string().trim().min(1, 'says nothing').optional();

const PathsText = z.string().transform((text, context) => {
  const parsed = parseJson(InputPaths, text);
  if (parsed.ok) return parsed.value;
  context.addIssue({
    code: 'custom',
    message: `is no list such as [{"bucket":"b","key":"k"}]: ${describeIssues(parsed.issues)}`,
  });
  return z.NEVER;
});

/** Options of `stepcast doctor` as commander gives them; each falls back to the variable that the services read. */
const DoctorOptions = z.object({
  region: Text,
  profile: Text,
  stack: Text,
  stage: Text.refine((stage) => stage === undefined || isStage(stage), 'is no stage such as dev'),
  before: z.literal('deploy', 'must be deploy').optional(),
  settings: Text,
  accountId: Text,
  identityPoolId: Text,
  userPoolId: Text,
  userPoolClientId: Text,
  bucket: Text,
  keyTemplate: Text,
  topicNamespace: Text,
  iotPolicy: Text,
  authenticatedRole: Text,
  guestRole: Text,
  identity: Text,
  stateMachine: Text,
  logGroup: Text,
  forwarder: Text,
  origin: Text,
  size: z.enum(['small', 'large'], 'must be small or large').optional(),
  showWorkflows: z.boolean().default(false),
  observed: z.boolean().default(false),
  inputPaths: PathsText.optional(),
  persistentSessions: z.boolean().default(false),
  kvsChannels: Text,
  kvsSpeakers: z.boolean().default(false),
  kvsGuests: z.boolean().default(false),
  envFile: z.array(z.string()).default([]),
  template: z.array(z.string()).default([]),
  endpoint: Text,
  user: Text,
  only: Text,
  json: z.boolean().default(false),
  fix: z.boolean().default(false),
  yes: z.boolean().default(false),
});
export type DoctorOptions = z.infer<typeof DoctorOptions>;

/**
 * The sandbox may be named in the environment, as for the other commands.
 * @throws UsageError
 */
export function readDoctorOptions(options: unknown, environment: Environment): DoctorOptions {
  const parsed = DoctorOptions.safeParse(options);
  if (!parsed.success) throw new UsageError(optionProblems(parsed.error));
  const named = environment.STEPCAST_ENDPOINT?.trim();
  const endpoint = parsed.data.endpoint ?? (named === '' ? undefined : named);
  const data = { ...parsed.data, endpoint };
  if (data.endpoint !== undefined && !URL.canParse(data.endpoint))
    throw new UsageError(`--endpoint ${data.endpoint} is no address such as http://127.0.0.1:4200`);
  if (data.accountId !== undefined && !/^\d{12}$/.test(data.accountId))
    throw new UsageError(`--account-id ${data.accountId} does not have 12 digits`);
  if (data.json && data.fix && !data.yes)
    throw new UsageError('--json --fix asks nobody; add --yes to make every safe repair, or leave --fix out');
  return data;
}

/**
 * What the doctor checks, from options, the sandbox and the environment, in this order.
 * @throws UsageError
 */
export function setupOf(
  options: DoctorOptions,
  environment: Environment,
  sandbox: { readonly place: SandboxPlace; readonly identityId: string; readonly url: string } | undefined,
): Setup {
  const fromEnvironment = (name: string) => {
    const value = environment[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const place = sandbox?.place;
  const region =
    options.region ??
    place?.region ??
    fromEnvironment('AWS_REGION') ??
    fromEnvironment('AWS_DEFAULT_REGION') ??
    regionOfId(options.identityPoolId ?? '');
  if (region === undefined) throw new UsageError('no region is given; add --region, or set AWS_REGION');
  // The sandbox is one region, and its roles are named so.
  const names = deploymentNames({ stage: options.stage, region: place === undefined ? region : undefined });
  const template =
    options.keyTemplate ??
    place?.keyTemplate.replace(/…$/, '') ??
    fromEnvironment(ENV.keyTemplate) ??
    DEFAULT_KEY_TEMPLATE;
  const namespace =
    options.topicNamespace ??
    place?.topicNamespace ??
    fromEnvironment(ENV.topicNamespace) ??
    names.topicNamespace;
  try {
    return {
      region,
      partition: partitionOf(region),
      accountId: options.accountId ?? place?.accountId ?? fromEnvironment(ENV.accountId),
      identityPoolId: options.identityPoolId ?? place?.identityPoolId ?? fromEnvironment(ENV.identityPoolId),
      userPoolId: options.userPoolId ?? place?.userPoolId ?? fromEnvironment(ENV.userPoolId),
      userPoolClientId:
        options.userPoolClientId ?? place?.userPoolClientId ?? fromEnvironment(ENV.userPoolClientId),
      bucket: options.bucket ?? place?.bucket ?? fromEnvironment(ENV.bucket),
      keyTemplate: keyTemplate(template),
      topics: topicSpace(namespace),
      iotPolicyName:
        options.iotPolicy ?? place?.iotPolicyName ?? fromEnvironment(ENV.iotPolicyName) ?? names.iotPolicy,
      authenticatedRoleName: options.authenticatedRole ?? names.roles.authenticated,
      guestRoleName: options.guestRole ?? names.roles.guest,
      identityId: options.identity ?? sandbox?.identityId,
      stateMachineArn: options.stateMachine ?? place?.stateMachineArn ?? fromEnvironment(ENV.stateMachineArn),
      logGroupName: options.logGroup,
      forwarderFunctionName: options.forwarder ?? names.named('forwarder'),
      stage: options.stage,
      queueNames: names.queues,
      size: options.size,
      appOrigin: options.origin,
      showsWorkflows: options.showWorkflows,
      isObserved: options.observed || options.inputPaths !== undefined,
      inputPaths: options.inputPaths ?? [],
      persistentSessions: options.persistentSessions,
      kvs:
        options.kvsChannels === undefined
          ? undefined
          : {
              channelPattern: options.kvsChannels,
              authenticated: options.kvsSpeakers ? 'speaker' : 'listener',
              guests: options.kvsGuests,
            },
      profile: options.profile,
      stackName: options.stack,
      settingsFiles: options.envFile,
      templateFiles: options.template,
      sandboxUrl: sandbox?.url,
    };
  } catch (thrown) {
    // Templates and namespaces say themselves what is wrong with them.
    throw new UsageError(asError(thrown).message, { cause: thrown });
  }
}

/** Where the AWS configuration lies, if not in the home directory. */
export function awsFiles(environment: Environment): {
  readonly configPath: string | undefined;
  readonly credentialsPath: string | undefined;
} {
  return {
    configPath: environment.AWS_CONFIG_FILE,
    credentialsPath: environment.AWS_SHARED_CREDENTIALS_FILE,
  };
}

/** The words with which a command of this program is called: npm names the script that it runs. */
export function calledAs(environment: Environment): string {
  return environment['npm_lifecycle_event'] === 'stepcast' ? 'npm run --silent stepcast --' : 'stepcast';
}

/** The environment of this process. */
export const processEnvironment: Environment = process.env;
