import { partitionOf } from '@stepcast/contracts';

/** Builds the ARNs of one account and region. */
export function arnsOf(region: string, accountId: string) {
  const arn = (resource: string) => `arn:${partitionOf(region)}:states:${region}:${accountId}:${resource}`;
  return {
    stateMachine: (name: string): string => arn(`stateMachine:${name}`),
    execution: (machineName: string, name: string): string => arn(`execution:${machineName}:${name}`),
    /** An execution of an Express machine: several may have one name, so each has an id. */
    express: (machineName: string, name: string, id: string): string =>
      arn(`express:${machineName}:${name}:${id}`),
    activity: (name: string): string => arn(`activity:${name}`),
  };
}

export type ArnKind = 'stateMachine' | 'execution' | 'mapRun' | 'activity';

const shapes: Readonly<Record<ArnKind, RegExp>> = {
  stateMachine: /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^:]+(:[^:]+)?$/,
  activity: /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:[^:]+$/,
  mapRun: /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:mapRun:[^:]+:[^:]+$/,
  execution: /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:(execution:[^:]+:[^:]+|express:[^:]+:[^:]+:[^:]+)$/,
};

/** What is wrong with an ARN, in AWS's words; undefined if nothing is. */
export function arnProblem(arn: string, kind: ArnKind): string | undefined {
  if (!arn.startsWith('arn:')) return `Invalid ARN prefix: ${arn}`;
  return shapes[kind].test(arn)
    ? undefined
    : `Resource type not valid in this context: ${arn.split(':')[5] ?? ''}`;
}

/** Names of machines and executions: 1 to 80 characters without spaces, brackets, wildcards and control characters. */
export function isValidName(name: string): boolean {
  return /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name);
}
