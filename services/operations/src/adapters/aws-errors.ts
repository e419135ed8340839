import { asError } from '@stepcast/kit';
import { mask } from '../masking.ts';
import { PlaceUnreachableError, RightsMissingError, type OperatorError } from '../errors.ts';
import { shortened } from '../words.ts';

const MAX_REASON = 300;
const lackedAction = /is not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)(?: on resource: (\S+))?/;

/** What a call that AWS refused means for an operator, in one line without secrets. */
export function operatorErrorOf(call: string, thrown: unknown): OperatorError {
  const error = asError(thrown);
  const { name } = error;
  const line = shortened(mask(error.message.split('\n', 1)[0] ?? ''), MAX_REASON);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : name;
  const options = { cause: thrown };
  if (/AccessDenied|Unauthorized|NotAuthorized|Forbidden/.test(name)) {
    const [, action = call, resource = ''] = lackedAction.exec(line) ?? [];
    return new RightsMissingError(
      `not allowed: your credentials lack ${action}${resource === '' ? '' : ` on ${resource}`}`,
      ['"stepcast permission-set --for operate" prints what operators need.'],
      options,
    );
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return new RightsMissingError(
      `no AWS credentials (${line})`,
      ['Sign in (aws sso login), choose a profile with --profile, or use the sandbox with --endpoint.'],
      options,
    );
  if (/^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature)/.test(name))
    return new RightsMissingError(
      `${call}: the credentials are not good (${name})`,
      ['Sign in again (aws sso login), or choose another profile with --profile.'],
      options,
    );
  if (name === 'ResourceNotFoundException')
    return new PlaceUnreachableError(
      `${call}: there is no such table, queue or machine (${line})`,
      [],
      options,
    );
  return new PlaceUnreachableError(
    `${call} failed: ${code}${line === '' || line === code ? '' : ` (${line})`}`,
    [],
    options,
  );
}

/** Runs a call. @throws OperatorError */
export async function asking<T>(call: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw operatorErrorOf(call, thrown);
  }
}
