import { known, type Chain } from '../domain/evidence.ts';
import {
  built,
  found,
  healthyMachine,
  healthyPoolRoles,
  healthySso,
  healthyProfile,
  role,
  roleArn,
  USER_POOL_ID,
  withRoles,
  envFile,
  BUCKET,
} from './fixtures.ts';

/** A role that may do far too much. */
export const adminRole = role(
  roleArn('ServiceTranslateStack-AuthenticatedRole86104F1A'),
  built.authenticated.trust,
  [
    {
      name: 'AWSIoTConfigAccess',
      arn: 'arn:aws:iam::aws:policy/AWSIoTConfigAccess',
      document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }] },
    },
  ],
);

/** Everything that went wrong in the projects that Stepcast learnt from, in one deployment. */
export const brokenChain: Partial<Chain> = {
  sso: {
    ...healthySso,
    profile: found({ ...healthyProfile, roleName: 'stepcastoperator' }),
    credentials: known({ granted: false, errorName: 'ForbiddenException', message: 'No access' }),
  },
  poolRoles: known({ ...healthyPoolRoles, authenticated: adminRole.arn }),
  roles: withRoles(adminRole),
  attachedPolicies: known([]),
  prefixLevels: known(['1448a458-6061-70ce-fb89-543829daaa9d']),
  bucketPolicy: found<unknown>({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CognitoIdentityPoolAccess',
        Effect: 'Allow',
        Principal: { AWS: adminRole.arn },
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        Resource: `arn:aws:s3:::${BUCKET}/users/*`,
      },
    ],
  }),
  stateMachine: found({ ...healthyMachine, logLevel: 'ERROR', includesExecutionData: false }),
  settingsFiles: [
    envFile(
      'app/.env',
      [
        'VITE_AWS_REGION=us-east-1',
        `VITE_COGNITO_USER_POOL_ID=${USER_POOL_ID}`,
        'VITE_ENCRYPTION_KEY=hidden',
      ],
      ['VITE_ENCRYPTION_KEY'],
    ),
  ],
};
