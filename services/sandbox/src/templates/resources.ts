import { isJsonObject, memberOf, type Json, type JsonObject } from '@stepcast/asl-interpreter';
import type { Whereabouts } from '../workflow/placeholders.ts';

/** One resource of a template. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
  /** What people call it: the id that it has in the program of the CDK, else its logical ID without the hash that the CDK adds. */
  readonly id: string;
}

/** The resources of a template by logical ID. */
export function resourcesIn(template: JsonObject): ReadonlyMap<string, Resource> {
  const resources = memberOf(template, 'Resources');
  const found = new Map<string, Resource>();
  if (!isJsonObject(resources)) return found;
  for (const [logicalId, one] of Object.entries(resources)) {
    if (!isJsonObject(one)) continue;
    const type = memberOf(one, 'Type');
    const properties = memberOf(one, 'Properties');
    if (typeof type !== 'string') continue;
    found.set(logicalId, {
      logicalId,
      type,
      properties: isJsonObject(properties) ? properties : {},
      id: constructIdOf(one) ?? (withoutHash(logicalId) || logicalId),
    });
  }
  return found;
}

/** `Resize` of `aws:cdk:path: Stack/Resize/Resource`. */
function constructIdOf(resource: JsonObject): string | undefined {
  const metadata = memberOf(resource, 'Metadata');
  const path = isJsonObject(metadata) ? memberOf(metadata, 'aws:cdk:path') : undefined;
  if (typeof path !== 'string') return undefined;
  const levels = path.split('/').filter((level) => level !== '' && level !== 'Resource');
  return levels.length > 1 ? levels.at(-1) : undefined;
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

interface Kind {
  /** Property with its name. */
  readonly name: string;
  readonly arn: (name: string, where: Whereabouts) => string;
  /** What `Ref` gives; the name when absent. */
  readonly ref?: 'arn' | ((name: string, where: Whereabouts) => string);
}

const regional =
  (service: string, before = '') =>
  (name: string, { region, accountId }: Whereabouts) =>
    `arn:aws:${service}:${region}:${accountId}:${before}${name}`;

const lambda: Kind = { name: 'FunctionName', arn: regional('lambda', 'function:') };
const machine: Kind = { name: 'StateMachineName', arn: regional('states', 'stateMachine:'), ref: 'arn' };
const table: Kind = { name: 'TableName', arn: regional('dynamodb', 'table/') };

/** Resources that definitions name, with the names that AWS gives them. Source: CloudFormation's template reference, return values. */
const kinds: Readonly<Record<string, Kind>> = {
  'AWS::Lambda::Function': lambda,
  'AWS::Serverless::Function': lambda,
  'AWS::StepFunctions::StateMachine': machine,
  'AWS::Serverless::StateMachine': { ...machine, name: 'Name' },
  'AWS::StepFunctions::Activity': { name: 'Name', arn: regional('states', 'activity:'), ref: 'arn' },
  'AWS::SQS::Queue': {
    name: 'QueueName',
    arn: regional('sqs'),
    ref: (name, { region, accountId }) => `https://sqs.${region}.amazonaws.com/${accountId}/${name}`,
  },
  'AWS::SNS::Topic': { name: 'TopicName', arn: regional('sns'), ref: 'arn' },
  'AWS::S3::Bucket': { name: 'BucketName', arn: (name) => `arn:aws:s3:::${name}` },
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::Serverless::SimpleTable': table,
  'AWS::Events::EventBus': { name: 'Name', arn: regional('events', 'event-bus/') },
  'AWS::IAM::Role': {
    name: 'RoleName',
    arn: (name, { accountId }) => `arn:aws:iam::${accountId}:role/${name}`,
  },
};

const otherKind = (type: string): Kind => ({
  name: 'Name',
  arn: regional((type.split('::')[1] ?? 'resource').toLowerCase()),
});

const kindOf = (type: string): Kind =>
  (Object.hasOwn(kinds, type) ? kinds[type] : undefined) ?? otherKind(type);

/** What a resource would be called: its name where the template says one, else its id. */
export function nameOf({ type, properties, id }: Resource, resolve: (value: Json) => Json): string {
  const given = memberOf(properties, kindOf(type).name);
  const name = given === undefined ? undefined : resolve(given);
  return typeof name === 'string' && name !== '' ? name : id;
}

export function arnOf(resource: Resource, name: string, where: Whereabouts): string {
  return kindOf(resource.type).arn(name, where);
}

/** What `Ref` gives. */
export function refOf(resource: Resource, name: string, where: Whereabouts): string {
  const { ref, arn } = kindOf(resource.type);
  if (ref === undefined) return name;
  return ref === 'arn' ? arn(name, where) : ref(name, where);
}
