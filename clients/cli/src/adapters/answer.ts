import { asError } from '@stepcast/kit';
import { known, unavailable, type Evidence, type Lookup } from '../domain/evidence.ts';
import { mask, shortened } from '@stepcast/operations';

const MAX_REASON = 400;

const unreachable = new Set([
  'ENOTFOUND',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'TimeoutError',
  'NetworkingError',
]);

/** Why something could not be asked, in one line without secrets. */
export function reasonOf(call: string, thrown: unknown): string {
  const error = asError(thrown);
  const { name } = error;
  const line = shortened(mask(error.message.split('\n', 1)[0] ?? ''), MAX_REASON);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : name;
  if (name === 'NotImplemented') return `${call}: the sandbox does not have this`;
  if (/ForbiddenException|No access/.test(`${name} ${line}`))
    return `${call}: IAM Identity Center gives no credentials (ForbiddenException: No access); see sso.account and sso.role`;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return `${call}: no AWS credentials (${line})`;
  if (/^ExpiredToken/.test(name) || /expired/i.test(line))
    return `${call}: the credentials have expired; sign in again (aws sso login)`;
  const denied = /assumed-role\/([^/\s]+)\/[^/\s]+ is not authorized to perform: (\S+)/.exec(line);
  if (denied !== null)
    return `${call}: not allowed to look (the role ${denied[1] ?? ''} lacks ${denied[2] ?? ''})`;
  if (/AccessDenied|Unauthorized|NotAuthorized|AuthorizationError|Forbidden/.test(name))
    return `${call}: not allowed to look (${line})`;
  if (unreachable.has(code) || unreachable.has(name)) return `${call}: AWS could not be reached (${code})`;
  if (/Thrott|TooManyRequests|SlowDown/.test(name)) return `${call}: too many calls at the moment (${name})`;
  return `${call}: ${name}: ${line}`;
}

export async function answer<T>(call: string, ask: () => Promise<T>): Promise<Evidence<T>> {
  try {
    return known(await ask());
  } catch (thrown) {
    return unavailable(reasonOf(call, thrown));
  }
}

/** As `answer`, for a thing that may not be there: `isMissing` knows AWS's word for that. */
export async function lookUp<T>(
  call: string,
  isMissing: (error: Error) => boolean,
  ask: () => Promise<T>,
): Promise<Evidence<Lookup<T>>> {
  try {
    return known({ found: true, value: await ask() });
  } catch (thrown) {
    return isMissing(asError(thrown)) ? known({ found: false }) : unavailable(reasonOf(call, thrown));
  }
}

export const named =
  (...names: readonly string[]) =>
  (error: Error): boolean =>
    names.includes(error.name);
