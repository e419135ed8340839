import { Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { type Construct } from 'constructs';
import { type Queues } from '../queues.ts';
import { type Workflow } from '../workflow.ts';
import { RUNBOOK } from './alarm-maker.ts';
import { Alarms, type AlarmSet } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { deployedParts } from './deployed.ts';

/** What of a deployment's watching can be set. */
export interface WatchSettings {
  /** Default `essential`. */
  readonly alarms?: AlarmSet;
  /** Whether there is a dashboard. The first three of an account are free, a further one costs $3 a month. Default true. */
  readonly dashboard?: boolean;
  /**
   * Which counters become metrics of CloudWatch, at $0.30 a month for each that has values. `essential` (default): what alarms and
   * dashboard read. `all`: every counter. `off`: none, and the alarms that read them stay silent.
   */
  readonly metrics?: 'off' | 'essential' | 'all';
  /** Address of the runbook that alarms lead to. Default: its path in the repository. */
  readonly runbookUrl?: string;
}

/** Name of a deployment among its account's and region's: that of its stack. */
export const deploymentOf = (scope: Construct): string => Stack.of(scope).stackName;

/** Watches everything that is deployed below a construct so far. */
export function watch(
  scope: Construct,
  props: {
    readonly queues: Queues;
    readonly workflows: readonly Workflow[];
    readonly reportLogGroups: readonly logs.ILogGroup[];
    readonly journal: dynamodb.ITable;
    readonly topic: sns.ITopic | undefined;
    readonly settings: WatchSettings;
  },
): void {
  const { settings, ...known } = props;
  const { alarms = 'essential', dashboard = true, runbookUrl = RUNBOOK } = settings;
  const shared = { ...known, parts: deployedParts(scope), deployment: deploymentOf(scope), runbookUrl };
  new Alarms(scope, 'Alarms', { ...shared, set: alarms });
  if (dashboard) new Dashboard(scope, 'Dashboard', shared);
}
