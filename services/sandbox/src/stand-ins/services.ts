/** Services whose name in a `Resource` is not the id of their API. */
const aliases: Readonly<Record<string, string>> = {
  events: 'eventbridge',
  states: 'sfn',
  elasticmapreduce: 'emr',
  'emr-serverless': 'emrserverless',
  'emr-containers': 'emrcontainers',
};

/** Actions of optimised integrations that the API has under another name, and what `.sync` answers with at the end. */
const actions: Readonly<Record<string, readonly [service: string, operation: string]>> = {
  'bedrock:invokeModel': ['bedrockruntime', 'InvokeModel'],
};
const ends: Readonly<Record<string, readonly [operation: string, member: string | undefined]>> = {
  'athena:StartQueryExecution': ['GetQueryExecution', undefined],
  'glue:StartJobRun': ['GetJobRun', 'JobRun'],
  'batch:SubmitJob': ['DescribeJobs', 'jobs'],
  'ecs:RunTask': ['DescribeTasks', 'tasks'],
  'codebuild:StartBuild': ['StartBuild', undefined],
  'sagemaker:CreateTrainingJob': ['DescribeTrainingJob', undefined],
  'sagemaker:CreateTransformJob': ['DescribeTransformJob', undefined],
  'sagemaker:CreateProcessingJob': ['DescribeProcessingJob', undefined],
  'mediaconvert:CreateJob': ['GetJob', undefined],
  'databrew:StartJobRun': ['DescribeJobRun', undefined],
  'sfn:StartExecution': ['DescribeExecution', undefined],
  'emr:AddStep': ['DescribeStep', undefined],
  'emr:TerminateCluster': ['DescribeCluster', undefined],
};

/** Which operation of which API answers for a task, and which member of its output, where it is not the whole. */
export interface ShapeName {
  readonly service: string;
  readonly operation: string;
  readonly member: string | undefined;
}

export function shapeNameOf(resourceType: string, action: string, isWaitedFor: boolean): ShapeName {
  const bare = resourceType.replace(/^aws-sdk:/, '').toLowerCase();
  const named = aliases[bare] ?? bare.replaceAll(/[^a-z0-9]/g, '');
  const [service, operation] = actions[`${named}:${action}`] ?? [named, capitalized(action)];
  const end = isWaitedFor ? ends[`${service}:${operation}`] : undefined;
  return { service, operation: end?.[0] ?? operation, member: end?.[1] };
}

/** Step Functions writes the members of every service with a capital letter. */
export function capitalized(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
