import * as z from 'zod';

/** Where a template is taken to be deployed. */
export const DEPLOYED = {
  region: 'us-east-1',
  accountId: '111122223333',
  identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  userPoolId: 'us-east-1_Ab3dEf9Gh',
  userPoolClientId: '7h2k9q0m4v8t1c6r3p5s0w2x9z',
  apiId: 'a1b2c3d4e5',
  signedApiId: 'f6g7h8i9j0',
  stackGuid: 'b5a2c6f0-0000-11f1-8000-0a1b2c3d4e5f',
} as const;

const Fields = z.record(z.string(), z.unknown());
const Schema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: Fields.default({}),
      DeletionPolicy: z.string().optional(),
    }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown(), Export: Fields.optional() })).default({}),
  Parameters: Fields.default({}),
});

export interface Resource {
  readonly id: string;
  readonly type: string;
  /** With every reference resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
}

const pseudo: Readonly<Record<string, string>> = {
  'AWS::Region': DEPLOYED.region,
  'AWS::AccountId': DEPLOYED.accountId,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::NoValue': '',
  'AWS::StackId': `arn:aws:cloudformation:${DEPLOYED.region}:${DEPLOYED.accountId}:stack/stepcast/${DEPLOYED.stackGuid}`,
};

const arn = (service: string, resource: string) =>
  `arn:aws:${service}:${DEPLOYED.region}:${DEPLOYED.accountId}:${resource}`;

/** What CloudFormation gives for `Ref` and `Arn` of a resource of this type and name. Source: "Return values" of each type. */
const references: Readonly<Record<string, (name: string) => { readonly ref: string; readonly arn: string }>> =
  {
    'AWS::SQS::Queue': (name) => ({
      ref: `https://sqs.${DEPLOYED.region}.amazonaws.com/${DEPLOYED.accountId}/${name}`,
      arn: arn('sqs', name),
    }),
    'AWS::S3::Bucket': (name) => ({ ref: name, arn: `arn:aws:s3:::${name}` }),
    'AWS::IAM::Role': (name) => ({ ref: name, arn: `arn:aws:iam::${DEPLOYED.accountId}:role/${name}` }),
    'AWS::DynamoDB::Table': (name) => ({ ref: name, arn: arn('dynamodb', `table/${name}`) }),
    'AWS::Lambda::Function': (name) => ({ ref: name, arn: arn('lambda', `function:${name}`) }),
    'AWS::Logs::LogGroup': (name) => ({ ref: name, arn: arn('logs', `log-group:${name}:*`) }),
    'AWS::Events::Rule': (name) => ({ ref: name, arn: arn('events', `rule/${name}`) }),
    'AWS::StepFunctions::StateMachine': (name) => ({
      ref: arn('states', `stateMachine:${name}`),
      arn: arn('states', `stateMachine:${name}`),
    }),
    'AWS::SNS::Topic': (name) => ({ ref: arn('sns', name), arn: arn('sns', name) }),
    'AWS::ECS::Cluster': (name) => ({ ref: name, arn: arn('ecs', `cluster/${name}`) }),
    'AWS::ApiGatewayV2::Api': (name) => ({
      ref: name.endsWith('-signed') ? DEPLOYED.signedApiId : DEPLOYED.apiId,
      arn: '',
    }),
    'AWS::Cognito::IdentityPool': () => ({ ref: DEPLOYED.identityPoolId, arn: '' }),
    'AWS::Cognito::UserPool': () => ({
      ref: DEPLOYED.userPoolId,
      arn: arn('cognito-idp', `userpool/${DEPLOYED.userPoolId}`),
    }),
    'AWS::Cognito::UserPoolClient': () => ({ ref: DEPLOYED.userPoolClientId, arn: '' }),
  };

const nameProperties = [
  'QueueName',
  'BucketName',
  'RoleName',
  'TableName',
  'FunctionName',
  'TopicName',
  'LogGroupName',
  'ClusterName',
  'Name',
];

const One = {
  ref: z.strictObject({ Ref: z.string() }),
  attribute: z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
  join: z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
  select: z.strictObject({ 'Fn::Select': z.tuple([z.coerce.number(), z.unknown()]) }),
  split: z.strictObject({ 'Fn::Split': z.tuple([z.string(), z.unknown()]) }),
  sub: z.strictObject({ 'Fn::Sub': z.string() }),
};

/** A template as if it were deployed: references are resolved to the names and ARNs that would be there. */
export class Template {
  static readonly schema = Schema;
  readonly #resources: z.output<typeof Schema>['Resources'];
  readonly #pseudo: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Outputs under a name of the account and region. */
  readonly exports: readonly string[];
  readonly parameters: readonly string[];

  /** @param region where it is deployed */
  constructor({ Resources, Outputs, Parameters }: z.output<typeof Schema>, region: string = DEPLOYED.region) {
    this.#pseudo = { ...pseudo, 'AWS::Region': region };
    this.#resources = Resources;
    this.outputs = Object.fromEntries(
      Object.entries(Outputs).map(([name, { Value }]) => [name, this.resolve(Value)]),
    );
    this.exports = Object.entries(Outputs).flatMap(([name, { Export }]) =>
      Export === undefined ? [] : [name],
    );
    this.parameters = Object.keys(Parameters);
  }

  all(): readonly Resource[] {
    return Object.entries(this.#resources).map(([id, { Type, Properties }]) => ({
      id,
      type: Type,
      properties: Object.fromEntries(
        Object.entries(Properties).map(([key, value]) => [key, this.resolve(value)]),
      ),
    }));
  }

  /** Types of what is left when the stack is deleted, and goes when its creation fails. */
  retained(): readonly string[] {
    return Object.values(this.#resources).flatMap(({ Type, DeletionPolicy }) =>
      DeletionPolicy === 'RetainExceptOnCreate' ? [Type] : [],
    );
  }

  of(type: string): readonly Resource[] {
    return this.all().filter((resource) => resource.type === type);
  }

  /** The properties of the one resource of this type whose properties include these. */
  one(type: string, including: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
    const found = this.of(type).filter(({ properties }) =>
      Object.entries(including).every(([key, value]) => properties[key] === value),
    );
    const [only] = found;
    if (only === undefined || found.length > 1)
      throw new TypeError(`${found.length} resources ${type} with ${JSON.stringify(including)}`);
    return only.properties;
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.resolve(one));
    if (typeof value !== 'object' || value === null) return value;
    const ref = One.ref.safeParse(value).data?.Ref;
    if (ref !== undefined) return this.#pseudo[ref] ?? this.#reference(ref).ref;
    const attribute = One.attribute.safeParse(value).data?.['Fn::GetAtt'];
    if (attribute !== undefined) {
      const [id, name] = attribute;
      if (name === 'Arn') return this.#reference(id).arn;
      if (name === 'QueueName') return this.#nameOf(id);
      return `${id}.${name}`;
    }
    const join = One.join.safeParse(value).data?.['Fn::Join'];
    if (join !== undefined) return join[1].map((one) => String(this.resolve(one))).join(join[0]);
    const split = One.split.safeParse(value).data?.['Fn::Split'];
    if (split !== undefined) return String(this.resolve(split[1])).split(split[0]);
    const select = One.select.safeParse(value).data?.['Fn::Select'];
    if (select !== undefined) {
      const list = this.resolve(select[1]);
      return Array.isArray(list) ? list[select[0]] : JSON.stringify(value);
    }
    const sub = One.sub.safeParse(value).data?.['Fn::Sub'];
    if (sub !== undefined)
      return sub.replaceAll(/\$\{(AWS::\w+)\}/g, (_all, name: string) => this.#pseudo[name] ?? name);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.resolve(inner)]));
  }

  #reference(id: string): { readonly ref: string; readonly arn: string } {
    const type = this.#resources[id]?.Type ?? '';
    return references[type]?.(this.#nameOf(id)) ?? { ref: id, arn: `${id}.Arn` };
  }

  #nameOf(id: string): string {
    const properties = this.#resources[id]?.Properties ?? {};
    const key = nameProperties.find((name) => properties[name] !== undefined);
    // CloudFormation makes names of the stack's and the logical one.
    return key === undefined ? `stepcast-${id}-1A2B3C` : String(this.resolve(properties[key]));
  }
}
