import { describeIssues, IdentityId, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type RestService } from '../core/index.ts';

const ACTIONS = {
  CONNECT: 'iot:Connect',
  PUBLISH: 'iot:Publish',
  RECEIVE: 'iot:Receive',
  SUBSCRIBE: 'iot:Subscribe',
} as const;

const Input = z.object({
  principal: IdentityId,
  cognitoIdentityPoolId: z.string(),
  clientId: z.string().default(''),
  authInfos: z
    .array(
      z.object({
        actionType: z.enum(['CONNECT', 'PUBLISH', 'RECEIVE', 'SUBSCRIBE']),
        resources: z.array(z.string()).min(1),
      }),
    )
    .min(1)
    .max(10),
});

/**
 * TestAuthorization for signed-in identities of the pool. Decided by the same documents as a real connection; which
 * policies decided is not reported, and a refusal is always `IMPLICIT_DENY`.
 */
export function testAuthorizationRoute(
  mayIdentity: (identityId: string, action: string, resource: string, clientId: string) => boolean,
): RestService['routes'][number] {
  return {
    method: 'POST',
    path: '/test-authorization',
    operation(input, call) {
      call.authorize('iot:TestAuthorization', '*');
      const parsed = parseValue(Input, input);
      if (!parsed.ok) throw new AwsError('InvalidRequestException', 400, describeIssues(parsed.issues));
      const { principal, clientId, authInfos } = parsed.value;
      return Promise.resolve({
        authResults: authInfos.map((authInfo) => {
          const allowed = authInfo.resources.every((resource) =>
            mayIdentity(principal, ACTIONS[authInfo.actionType], resource, clientId),
          );
          return { authInfo, authDecision: allowed ? 'ALLOWED' : 'IMPLICIT_DENY', missingContextValues: [] };
        }),
      });
    },
  };
}
