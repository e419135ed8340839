import { buildPolicies, type BuiltRole } from '../documents/build.ts';
import type { PolicyConfig } from '../documents/policy-config.ts';
import { sampleConfig } from '../testing/sample-config.ts';

const config: PolicyConfig = {
  ...sampleConfig,
  guestUploads: true,
  signedApi: { apiId: 'f6g7h8i9j0', stageName: 'signed' },
  services: { ...sampleConfig.services, stateMachineNames: ['PhotoPipeline'], startMode: 'managed' },
};
export const built = buildPolicies(config);
const asFunctions = buildPolicies({
  ...config,
  services: { stateMachineNames: ['PhotoPipeline'], firstLogins: true },
}).provisionerFunctions;
/** With a feed for back offices, which is the only difference. */
export const withFeed = buildPolicies({
  ...config,
  services: {
    ...sampleConfig.services,
    stateMachineNames: ['PhotoPipeline'],
    feedEventBus: 'arn:aws:events:us-east-1:111122223333:event-bus/office',
  },
});

/** Where people may see the workflows, which is the only difference. */
export const withWorkflows = buildPolicies({
  ...config,
  services: {
    ...sampleConfig.services,
    stateMachineNames: ['PhotoPipeline'],
    startMode: 'managed',
    showWorkflows: true,
  },
});

/** Every role of every form of deployment. */
export const ROLES: Readonly<Record<string, BuiltRole | undefined>> = {
  ...built.services,
  signedProvisioner: built.signedProvisioner,
  byToken: asFunctions.byToken,
  reconcile: asFunctions.reconcile,
  firstLogins: asFunctions.firstLogins,
  authenticated: built.authenticated,
  guest: built.guest,
  speaker: built.speaker,
  listener: built.listener,
};

/** Whose credentials a simulated call is made with, where the role is one of the pool. */
export const me = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
export const somebodyElse = 'us-east-1:2a1b3c4d-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
export const pool = config.identityPoolId;
export const bucket = config.bucket;
export const arn = (service: string, rest: string): string =>
  `arn:aws:${service}:us-east-1:111122223333:${rest}`;
