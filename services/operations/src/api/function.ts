import * as z from 'zod';
import type { ApiRequest } from './api.ts';
import { API_PREFIX } from './contract.ts';
import { errorReply, type ApiReply } from './replies.ts';

/** What API Gateway takes as an answer. */
export interface FunctionAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ApiFunctionOptions {
  readonly api: (request: ApiRequest) => Promise<ApiReply>;
  /** The group that operators are in, where a JWT authorizer lets in everybody who signed in. `undefined`: no JWT is enough. */
  readonly group: string | undefined;
}

const Event = z.object({
  rawPath: z.string().max(4_096),
  queryStringParameters: z.record(z.string(), z.string()).nullish(),
  headers: z.record(z.string(), z.string().optional()).default({}),
  body: z
    .string()
    .max(128 * 1024)
    .nullish(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    http: z.object({ method: z.string() }),
    authorizer: z
      .object({
        iam: z.object({ userArn: z.string().min(1) }).optional(),
        jwt: z.object({ claims: z.record(z.string(), z.unknown()) }).optional(),
      })
      .optional(),
  }),
});
type Authorizer = z.infer<typeof Event>['requestContext']['authorizer'];

/**
 * The API behind an HTTP API (payload format 2.0) with an authorizer: IAM, or a JWT of somebody in the operators' group. Without
 * an authorizer nobody is let in. Only API Gateway may be allowed to invoke the function: who may invoke it directly writes the
 * caller itself.
 */
export function createApiFunction({
  api,
  group,
}: ApiFunctionOptions): (event: unknown) => Promise<FunctionAnswer> {
  return async (event) => {
    const parsed = Event.safeParse(event);
    if (!parsed.success)
      return answerOf(errorReply(400, 'OPERATOR_USAGE', 'this is no request of an HTTP API', false));
    const { rawPath, queryStringParameters, headers, body, isBase64Encoded, requestContext } = parsed.data;
    const who = callerOf(requestContext.authorizer, group);
    if (who === undefined)
      return answerOf(errorReply(401, 'OPERATOR_CALLER_REFUSED', 'only operators may ask this', false));
    const { method } = requestContext.http;
    const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
    if (method === 'POST' && type?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
      return answerOf(
        errorReply(415, 'OPERATOR_USAGE', 'the body has to be JSON, and to say so (content-type)', false),
      );
    // A stage that is not the default one stands before it.
    const at = rawPath.indexOf(`${API_PREFIX}/`);
    return answerOf(
      await api({
        method,
        path: at < 0 ? rawPath : rawPath.slice(at + API_PREFIX.length),
        query: queryStringParameters ?? {},
        body:
          body === null || body === undefined
            ? undefined
            : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString('utf8'),
        who,
      }),
    );
  };
}

/** Who an authorizer let in. Groups come as an array, or as the text `[one other]` that an HTTP API makes of one. */
function callerOf(authorizer: Authorizer, group: string | undefined): string | undefined {
  if (authorizer?.iam !== undefined) return authorizer.iam.userArn;
  const claims = authorizer?.jwt?.claims;
  if (claims === undefined || group === undefined) return undefined;
  const given = claims['cognito:groups'] ?? claims['groups'];
  const groups = Array.isArray(given)
    ? given
    : typeof given === 'string'
      ? given.replace(/^\[/, '').replace(/\]$/, '').split(/[ ,]/)
      : [];
  if (!groups.includes(group)) return undefined;
  const name = [claims['email'], claims['username'], claims['cognito:username'], claims['sub']].find(
    (one) => typeof one === 'string' && one !== '',
  );
  return typeof name === 'string' ? name : undefined;
}

function answerOf({ status, body }: ApiReply): FunctionAnswer {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}
