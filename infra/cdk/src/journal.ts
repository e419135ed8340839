import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { JOURNAL_KEYS, type DeploymentNames } from '@stepcast/wire';
import { type Construct } from 'constructs';
import { PLAIN_NAMES } from './names.ts';

export interface JournalProps {
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
  /** Whether AWS refuses to delete the table. Default false: a first deployment that fails could not be rolled back. */
  readonly deletionProtection?: boolean;
}

/**
 * The journal: pay per request, items expire by themselves, 35 days of point-in-time recovery. It stays when the stack is
 * deleted, and goes with a first deployment that fails.
 */
export function journalTable(
  scope: Construct,
  id: string,
  { names = PLAIN_NAMES, deletionProtection = false }: JournalProps = {},
): dynamodb.Table {
  return new dynamodb.Table(scope, id, {
    tableName: names.journalTable,
    partitionKey: { name: JOURNAL_KEYS.partition, type: dynamodb.AttributeType.STRING },
    sortKey: { name: JOURNAL_KEYS.sort, type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: JOURNAL_KEYS.expiresAt,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
