/**
 * What a Task may call. One kind a line, so that another integration is one more kind here and one more file in
 * `engine/`.
 */
export type TaskResource =
  /** `Resource` is the function: the payload is the state's input, the history says `LambdaFunction*`. */
  | { readonly kind: 'lambdaFunction'; readonly functionName: string }
  /** `arn:aws:states:::lambda:invoke`: parameters name the function, the history says `Task*`. */
  | { readonly kind: 'lambdaInvoke' };

const functionArn = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:([A-Za-z0-9-_]+)(:[A-Za-z0-9-_$.]+)?$/;
const invokeArn = /^arn:aws[a-z-]*:states:[a-z0-9-]*:\d*:lambda:invoke$/;

/** Undefined if the sandbox cannot call it. */
export function parseTaskResource(resource: string): TaskResource | undefined {
  const [, functionName] = functionArn.exec(resource) ?? [];
  if (functionName !== undefined) return { kind: 'lambdaFunction', functionName };
  return invokeArn.test(resource) ? { kind: 'lambdaInvoke' } : undefined;
}

/** The bare name in a function's name, name with qualifier, partial ARN or ARN. */
export function functionNameOf(nameOrArn: string): string {
  const parts = nameOrArn.split(':');
  const marker = parts.indexOf('function');
  return (marker === -1 ? parts[0] : parts[marker + 1]) ?? nameOrArn;
}
