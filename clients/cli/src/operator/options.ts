import type { Command } from 'commander';
import { DEFAULT_TOPIC_NAMESPACE, partitionOf, topicSpace, type TopicSpace } from '@stepcast/contracts';
import { asError, type Environment } from '@stepcast/kit';
import { deploymentNames, ENV, isStage, JOURNAL_TABLE_NAME, type DeploymentNames } from '@stepcast/wire';
import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { optionProblems } from '../option-problems.ts';

const Text = z.string().trim().min(1, 'says nothing').optional();

/** What every command for operators takes. */
const PlaceOptions = z.object({
  endpoint: Text,
  region: Text,
  profile: Text,
  stage: Text.refine((stage) => stage === undefined || isStage(stage), 'is no stage such as dev'),
  topicNamespace: Text,
  table: Text,
  broker: Text,
  json: z.boolean().default(false),
});

/** Where an operator works. */
export interface PlaceSettings {
  /** Address of the sandbox, without a slash at its end; `undefined`: AWS. */
  readonly sandboxUrl: string | undefined;
  readonly region: string | undefined;
  readonly partition: string;
  readonly stage: string | undefined;
  readonly names: DeploymentNames;
  readonly profile: string | undefined;
  readonly topics: TopicSpace | undefined;
  readonly tableName: string;
  /** `undefined`: IoT Core is asked. */
  readonly brokerUrl: string | undefined;
  readonly json: boolean;
}

/** Adds the options that every command for operators has. */
export function withPlaceOptions(command: Command): Command {
  return command
    .option('--endpoint <url>', 'the sandbox, for example http://127.0.0.1:4200 (STEPCAST_ENDPOINT)')
    .option('--region <region>', 'region of the deployment (AWS_REGION)')
    .option('--profile <name>', 'profile of the AWS configuration file')
    .option('--stage <word>', 'stage of the deployment, where names have one')
    .option(
      '--topic-namespace <namespace>',
      `first levels of every topic (default ${DEFAULT_TOPIC_NAMESPACE})`,
    )
    .option('--table <name>', `the journal table (default ${JOURNAL_TABLE_NAME})`)
    .option('--broker <url>', 'wss:// address of the broker (default: IoT Core is asked)')
    .option('--json', 'print JSON for programs');
}

/** @throws UsageError */
export function readPlace(given: unknown, environment: Environment): PlaceSettings {
  const parsed = PlaceOptions.safeParse(given);
  if (!parsed.success) throw new UsageError(optionProblems(parsed.error));
  const { data } = parsed;
  const from = (name: string) => {
    const value = environment[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const endpoint = data.endpoint ?? from('STEPCAST_ENDPOINT');
  if (endpoint !== undefined && !URL.canParse(endpoint))
    throw new UsageError(`--endpoint ${endpoint} is no address such as http://127.0.0.1:4200`);
  if (data.broker !== undefined && !/^wss?:\/\//.test(data.broker))
    throw new UsageError(
      `--broker ${data.broker} is no address such as wss://…-ats.iot.us-east-1.amazonaws.com/mqtt`,
    );
  const region = data.region ?? from('AWS_REGION') ?? from('AWS_DEFAULT_REGION');
  if (endpoint === undefined && region === undefined)
    throw new UsageError(
      'no region is given; add --region, set AWS_REGION, or name the sandbox with --endpoint',
    );
  const names = deploymentNames({ stage: data.stage, region });
  const namespace =
    data.topicNamespace ??
    from(ENV.topicNamespace) ??
    (data.stage === undefined ? undefined : names.topicNamespace);
  return {
    sandboxUrl: endpoint?.replace(/\/$/, ''),
    region,
    partition: region === undefined ? 'aws' : partitionOf(region),
    stage: data.stage,
    names,
    profile: data.profile,
    topics: namespace === undefined ? undefined : readTopics(namespace),
    tableName: data.table ?? from(ENV.journalTable) ?? names.journalTable,
    brokerUrl: data.broker,
    json: data.json,
  };
}

function readTopics(namespace: string): TopicSpace {
  try {
    return topicSpace(namespace);
  } catch (thrown) {
    throw new UsageError(asError(thrown).message, { cause: thrown });
  }
}
