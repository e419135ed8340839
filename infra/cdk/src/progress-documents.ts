import { Aws } from 'aws-cdk-lib';
import { type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { type Construct } from 'constructs';
import { deploymentDocuments, type Documents } from './documents.ts';
import { type ExistingIdentityPool } from './identities.ts';
import { SIGNED_STAGE_NAME } from './names.ts';
import { type StepcastProgressProps } from './progress-props.ts';
import { nameOf } from './workflow.ts';

/** What the documents are about that is made beside them. */
export interface Known {
  readonly bucket: s3.IBucket;
  readonly journalTableName: string;
  readonly identityPoolId: string;
  readonly guestUploads: boolean;
  readonly api: HttpApi | undefined;
}

/** The identity pool whose roles stay its own, if there is one. */
export function existingRolesOf({ identityPool }: StepcastProgressProps): ExistingIdentityPool | undefined {
  return identityPool !== undefined && 'authenticatedRoleName' in identityPool ? identityPool : undefined;
}

/** The documents of a deployment with these properties. @throws PolicyConfigError from `@stepcast/policies` */
export function documentsOf(scope: Construct, props: StepcastProgressProps, known: Known): Documents {
  const { stage, bucketDenies, keyTemplate, topicNamespace, kvs, workflows, startMode = 'observed' } = props;
  const existing = existingRolesOf(props);
  return deploymentDocuments({
    ...(stage === undefined ? {} : { stage }),
    ...(bucketDenies === undefined ? {} : { bucketDenies }),
    ...(keyTemplate === undefined ? {} : { keyTemplate }),
    ...(topicNamespace === undefined ? {} : { topicNamespace }),
    ...(kvs === undefined ? {} : { kvs }),
    regionalRoles: true,
    partition: Aws.PARTITION,
    region: Aws.REGION,
    accountId: Aws.ACCOUNT_ID,
    bucket: known.bucket.bucketName,
    identityPoolId: known.identityPoolId,
    guestUploads: known.guestUploads,
    ...(known.api === undefined
      ? {}
      : { signedApi: { apiId: known.api.apiId, stageName: SIGNED_STAGE_NAME } }),
    ...(existing === undefined ? {} : { authenticatedRoleName: existing.authenticatedRoleName }),
    ...(existing?.guestRoleName === undefined ? {} : { guestRoleName: existing.guestRoleName }),
    services: {
      journalTableName: known.journalTableName,
      stateMachineNames: workflows.map((workflow) => nameOf(scope, workflow)),
      startMode,
      firstLogins: props.firstLogins ?? false,
      showWorkflows: props.showWorkflows ?? false,
      ...(props.feedEventBus === undefined ? {} : { feedEventBus: props.feedEventBus.eventBusArn }),
    },
  });
}
