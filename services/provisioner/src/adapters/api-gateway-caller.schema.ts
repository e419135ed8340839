import { IdentityId, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { CallerRejectedError } from '../errors.ts';

/**
 * The two shapes in which API Gateway says who signed a request with IAM authorisation. It writes `requestContext` itself,
 * so nothing in there is the caller's word; body, headers and query are.
 *
 * REST API: `requestContext.identity.cognito*`. HTTP API, payload 2.0: `requestContext.authorizer.iam.cognitoIdentity`.
 * Without IAM authorisation, and always behind a Lambda function URL, these fields are null. Sources: API Gateway developer
 * guide "Working with AWS Lambda proxy integrations for HTTP APIs", "Input format of a Lambda function for proxy integration".
 */
const RestContext = z.object({
  identity: z.object({
    cognitoIdentityId: IdentityId,
    cognitoIdentityPoolId: z.string(),
    cognitoAuthenticationType: z.enum(['authenticated', 'unauthenticated']),
  }),
});
const HttpContext = z.object({
  authorizer: z.object({
    iam: z.object({
      cognitoIdentity: z.object({
        identityId: IdentityId,
        identityPoolId: z.string(),
        amr: z.array(z.string()),
      }),
    }),
  }),
});
const Event = z.object({ version: z.string().optional(), requestContext: z.unknown() });

/** Who signed, as API Gateway says. */
export interface ApiGatewayCaller {
  readonly identityId: IdentityId;
  readonly identityPoolId: string;
  readonly authenticated: boolean;
}

/** @throws CallerRejectedError when the context names no identity: not signed, or signed with other credentials */
export function apiGatewayCaller(event: unknown): ApiGatewayCaller {
  const envelope = parseValue(Event, event);
  if (!envelope.ok) throw new CallerRejectedError('notAnApiGatewayEvent');
  const { version, requestContext } = envelope.value;
  if (version === '2.0') {
    const context = parseValue(HttpContext, requestContext);
    if (!context.ok) throw new CallerRejectedError('noCognitoIdentity');
    const { identityId, identityPoolId, amr } = context.value.authorizer.iam.cognitoIdentity;
    // Exactly one of the two comes first in the list; both or neither would be something that we do not know.
    const authenticated = amr.includes('authenticated');
    if (authenticated === amr.includes('unauthenticated'))
      throw new CallerRejectedError('authenticationTypeUnclear');
    return { identityId, identityPoolId, authenticated };
  }
  const context = parseValue(RestContext, requestContext);
  if (!context.ok) throw new CallerRejectedError('noCognitoIdentity');
  const { cognitoIdentityId, cognitoIdentityPoolId, cognitoAuthenticationType } = context.value.identity;
  return {
    identityId: cognitoIdentityId,
    identityPoolId: cognitoIdentityPoolId,
    authenticated: cognitoAuthenticationType === 'authenticated',
  };
}
