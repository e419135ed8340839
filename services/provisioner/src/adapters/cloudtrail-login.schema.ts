import { describeIssues, IdentityId, parseJson } from '@stepcast/contracts';
import * as z from 'zod';

/**
 * CloudTrail's record of `GetId` or `GetCredentialsForIdentity`, as EventBridge sends it on ("AWS API Call via
 * CloudTrail"). Both are *data* events: a trail must log them for `AWS::Cognito::IdentityPool`. Source: Cognito developer
 * guide "Example Amazon Cognito events". The response of GetCredentialsForIdentity holds a session token, so nothing of a
 * record is ever logged, and a malformed one is dead-lettered without its text.
 */
const LoginRecord = z.object({
  'detail-type': z.literal('AWS API Call via CloudTrail'),
  detail: z.object({
    eventSource: z.literal('cognito-identity.amazonaws.com'),
    eventName: z.string(),
    awsRegion: z.string(),
    errorCode: z.string().optional(),
    requestParameters: z
      .object({
        identityPoolId: z.string().optional(),
        /** Provider to token; CloudTrail hides the tokens. */
        logins: z.record(z.string(), z.unknown()).nullish(),
      })
      .nullish(),
    responseElements: z.object({ identityId: z.string().optional() }).nullish(),
    resources: z.array(z.object({ type: z.string().optional(), ARN: z.string().optional() })).nullish(),
  }),
});

const EVENT_NAMES: ReadonlySet<string> = new Set(['GetId', 'GetCredentialsForIdentity']);

/** What a message of the queue says. */
export type LoginMessage =
  | { readonly kind: 'login'; readonly identityId: IdentityId }
  /** Well-formed, and nothing to do: a guest, another pool, another operation, a refused call. */
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly reason: string; readonly eventId: string | undefined };

const Identified = z.object({ detail: z.object({ eventID: z.guid() }) });

/** Reads one message of the queue. Never throws. */
export function readLoginMessage(text: string, identityPoolId: string): LoginMessage {
  const malformed = (reason: string): LoginMessage => {
    const identified = parseJson(Identified, text);
    return {
      kind: 'malformed',
      reason,
      eventId: identified.ok ? identified.value.detail.eventID : undefined,
    };
  };
  const parsed = parseJson(LoginRecord, text);
  if (!parsed.ok) return malformed(describeIssues(parsed.issues));
  const { eventName, errorCode, requestParameters, responseElements, resources } = parsed.value.detail;
  if (!EVENT_NAMES.has(eventName) || (errorCode ?? '') !== '') return { kind: 'none' };
  // GetCredentialsForIdentity does not name the pool in its parameters; the resource does.
  const pools = [
    requestParameters?.identityPoolId,
    ...(resources ?? []).map(({ ARN }) => ARN?.split(':identitypool/', 2)[1]),
  ].filter((pool) => pool !== undefined);
  if (pools.length === 0)
    return malformed('$.detail: names no identity pool in requestParameters or resources');
  if (pools.some((pool) => pool !== identityPoolId)) return { kind: 'none' };
  if (Object.keys(requestParameters?.logins ?? {}).length === 0) return { kind: 'none' };
  const identityId = IdentityId.safeParse(responseElements?.identityId).data;
  return identityId === undefined
    ? malformed('$.detail.responseElements.identityId: not a Cognito identity ID (region:guid)')
    : { kind: 'login', identityId };
}
