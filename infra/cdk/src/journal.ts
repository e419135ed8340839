import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { JOURNAL_KEYS, JOURNAL_TABLE_NAME } from '@stepcast/wire';
import { type Construct } from 'constructs';

/** The journal: pay per request, items expire by themselves, 35 days of point-in-time recovery, never deleted with the stack. */
export function journalTable(scope: Construct, id: string): dynamodb.Table {
  return new dynamodb.Table(scope, id, {
    tableName: JOURNAL_TABLE_NAME,
    partitionKey: { name: JOURNAL_KEYS.partition, type: dynamodb.AttributeType.STRING },
    sortKey: { name: JOURNAL_KEYS.sort, type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: JOURNAL_KEYS.expiresAt,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
