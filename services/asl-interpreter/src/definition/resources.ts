/** How a task waits for what it has started. */
export type WaitPattern = 'response' | 'sync' | 'sync:2' | 'taskToken';

/** What a Task may call. */
export type TaskResource =
  /** `Resource` is the function: the payload is the state's input, the history says `LambdaFunction*`. */
  | { readonly kind: 'lambdaFunction'; readonly functionName: string }
  /** `arn:aws:states:…:activity:NAME`: a worker asks for the task; the history says `Activity*`. */
  | { readonly kind: 'activity'; readonly arn: string; readonly name: string }
  /** `arn:aws:states:::SERVICE:ACTION[.PATTERN]`: the history says `Task*`. */
  | {
      readonly kind: 'service';
      /** `lambda`, `states`, `http`, `dynamodb`…; `aws-sdk:dynamodb` for the integrations of the SDK. */
      readonly resourceType: string;
      /** `invoke`, `startExecution.sync:2`, `putItem.waitForTaskToken`: as histories have it. */
      readonly resource: string;
      /** The same without the pattern. */
      readonly action: string;
      readonly pattern: WaitPattern;
    };

export type ServiceResource = Extract<TaskResource, { kind: 'service' }>;

/** Files in repositories have placeholders for region and account, and some have one word for both. */
const functionArn =
  /^arn:[a-z0-9-]+:lambda:(?:[^:\s]*:){1,2}function:([A-Za-z0-9-_]+)(?::[A-Za-z0-9-_$.]+)?$/;
const activityArn = /^arn:[a-z0-9-]+:states:[^:\s]+:[^:\s]+:activity:([^:\s]+)$/;
const serviceArn =
  /^arn:[a-z0-9-]+:states:[^:\s]*:[^:\s]*:((?:aws-sdk:)?[A-Za-z0-9-]+):([A-Za-z0-9]+)(?:\.([A-Za-z0-9:]+))?$/;

const patterns: Readonly<Record<string, WaitPattern>> = {
  sync: 'sync',
  'sync:2': 'sync:2',
  waitForTaskToken: 'taskToken',
};

/** Undefined if the text is nothing that a Task calls. */
export function parseTaskResource(resource: string): TaskResource | undefined {
  const [, functionName] = functionArn.exec(resource) ?? [];
  if (functionName !== undefined) return { kind: 'lambdaFunction', functionName };
  const [, name] = activityArn.exec(resource) ?? [];
  if (name !== undefined) return { kind: 'activity', arn: resource, name };
  const [, resourceType, action, suffix] = serviceArn.exec(resource) ?? [];
  if (resourceType === undefined || action === undefined || resourceType === 'activity') return undefined;
  if (suffix === undefined)
    return { kind: 'service', resourceType, resource: action, action, pattern: 'response' };
  const pattern = Object.hasOwn(patterns, suffix) ? patterns[suffix] : undefined;
  return pattern === undefined
    ? undefined
    : { kind: 'service', resourceType, resource: `${action}.${suffix}`, action, pattern };
}

/** The bare name in a function's name, name with qualifier, partial ARN or ARN. */
export function functionNameOf(nameOrArn: string): string {
  const parts = nameOrArn.split(':');
  const marker = parts.indexOf('function');
  return (marker === -1 ? parts[0] : parts[marker + 1]) ?? nameOrArn;
}
