import { Fn, Stack, Token } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { REPORT_TOKEN_VARIABLE } from '@stepcast/contracts/report';
import { REPORTS_FILTER_PATTERN } from '@stepcast/wire';
import { type Construct } from 'constructs';
import { type Forwarder } from './forwarder.ts';

/** Tasks that may report their own progress. */
export interface ReportsProps {
  /**
   * The log groups that tasks print to. A function that is named beside its log group is given the token; whatever else prints a
   * report, such as a container, needs `reportToken` in its variable `STEPCAST_REPORT_TOKEN`.
   * @example [{ logGroup: resizeLogs, function: resize }]
   */
  readonly from: readonly { readonly logGroup: logs.ILogGroup; readonly function?: lambda.Function }[];
  /**
   * What a report has to bring along, 16 characters or more, which no object's key or content may be able to contain. Needed where the
   * functions are in another stack. Default: the GUID in the ARN of the stack, which nobody outside of the account sees.
   */
  readonly token?: string;
}

/** Least length of a token, as the services want it. */
const MIN_TOKEN = 16;

/** The token of a deployment's reports. */
export function reportTokenOf(scope: Construct, { token, from }: ReportsProps): string {
  if (token !== undefined) {
    if (!Token.isUnresolved(token) && token.length < MIN_TOKEN)
      throw new TypeError(`"reports.token" has fewer than ${MIN_TOKEN} characters`);
    return token;
  }
  const stack = Stack.of(scope);
  for (const { function: task } of from)
    if (task !== undefined && Stack.of(task) !== stack)
      throw new TypeError(
        `the function ${task.node.path} is in another stack, and the two would wait for one another: give "reports.token"`,
      );
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/GUID
  return Fn.select(2, Fn.split('/', stack.stackId));
}

/** Name of the subscription filter on a log group of tasks. The forwarder knows by its end what such a payload may hold: REPORTS_FILTER_SUFFIX. */
export const reportsFilterOf = (forwarderName: string): string => `${forwarderName}-reports`;

/** Subscribes the forwarder to lines that mean to be reports, and gives the functions the token. */
export function takeReports(
  scope: Construct,
  forwarder: Forwarder,
  { from }: ReportsProps,
  token: string,
): void {
  from.forEach(({ logGroup, function: task }, index) => {
    new logs.SubscriptionFilter(scope, `Reports${index + 1}`, {
      logGroup,
      filterName: reportsFilterOf(forwarder.functionName),
      filterPattern: logs.FilterPattern.literal(REPORTS_FILTER_PATTERN),
      destination: new LambdaDestination(forwarder.function),
    });
    task?.addEnvironment(REPORT_TOKEN_VARIABLE, token);
  });
}
