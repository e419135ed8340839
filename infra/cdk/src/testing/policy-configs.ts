import type { PolicyConfig } from '@stepcast/policies';
import { DEPLOYED } from './template.ts';
import { VARIANTS } from './variants.ts';

const { region, accountId, identityPoolId, signedApiId } = DEPLOYED;
const ownBucket = `stepcast-uploads-${accountId}-${region}`;
/** What all variants have. */
export const commonConfig = {
  regionalRoles: true,
  region,
  accountId,
  identityPoolId,
  bucket: ownBucket,
};
const services = {
  stateMachineNames: ['PhotoPipeline'],
  startMode: 'managed',
  firstLogins: true,
  showWorkflows: true,
  feedEventBus: 'back-office',
} as const;
const everything: PolicyConfig = {
  ...commonConfig,
  keyTemplate: 'private/{identityId}/',
  topicNamespace: 'acme/progress',
  guestUploads: true,
  kvs: VARIANTS.full.kvs,
  signedApi: { apiId: signedApiId, stageName: 'signed' },
  services,
};
/** What each variant's policies are built from. */
export const policyConfigs: Readonly<Record<keyof typeof VARIANTS, PolicyConfig>> = {
  plain: {
    ...commonConfig,
    services: {
      stateMachineNames: ['PhotoPipeline'],
      startMode: 'observed',
    },
  },
  full: everything,
  fullSmall: everything,
  existing: {
    ...commonConfig,
    bucket: 'uploads-of-ours',
    authenticatedRoleName: 'web-app-signed-in',
    guestRoleName: 'web-app-guest',
    services: {
      stateMachineNames: ['PhotoPipeline'],
      startMode: 'observed',
      feedEventBus: 'arn:aws:events:us-east-1:444455556666:event-bus/shared',
    },
  },
};
