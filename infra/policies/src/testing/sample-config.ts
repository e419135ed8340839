import type { PolicyConfig } from '../documents/policy-config.ts';

/** A deployment with everything that a configuration may add. */
export const sampleConfig: PolicyConfig = {
  region: 'us-east-1',
  accountId: '111122223333',
  bucket: 'progress-uploads-111122223333',
  identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  kvs: {
    channelPattern: 'session-*',
    speakerRoleName: 'stepcast-speaker',
    listenerRoleName: 'stepcast-listener',
  },
  services: { stateMachineNames: ['PhotoPipeline'], provisionerExtendsRoles: true, firstLogins: true },
};
