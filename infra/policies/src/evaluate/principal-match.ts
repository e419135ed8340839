import { type PrincipalElement } from '../document.ts';

/** Who asks, as a resource policy sees it. Everything is optional: an anonymous caller has nothing. */
export interface RequestPrincipal {
  readonly accountId?: string;
  /** `arn:aws:iam::111122223333:role/name`. */
  readonly roleArn?: string;
  /** `arn:aws:sts::111122223333:assumed-role/name/session`. */
  readonly sessionArn?: string;
  /** Whether this is the account itself (its root user). */
  readonly root?: boolean;
  /** In trust policies: the identity provider, for example `cognito-identity.amazonaws.com`. */
  readonly federated?: string;
  /** In trust policies: the service, for example `lambda.amazonaws.com`. */
  readonly service?: string;
}

/**
 * How a principal element names the caller.
 * - `session`: by the ARN of the very session. Only such an allow is not limited by session policies.
 * - `account`: by its account. A deny then holds for everybody in the account; an allow only hands the decision to the
 *   identity policies of that account, so by itself it allows nobody but the account's root user.
 *
 * Source: IAM user guide "AWS JSON policy elements: Principal" and "Policy evaluation logic".
 */
export type PrincipalNaming = 'session' | 'role' | 'everybody' | 'account' | 'provider';

export interface PrincipalMatcher {
  naming(principal: RequestPrincipal): PrincipalNaming | undefined;
  readonly sources: readonly string[];
}

type Entry = (principal: RequestPrincipal) => PrincipalNaming | undefined;

export function compilePrincipal(
  element: PrincipalElement,
  fail: (problem: string) => Error,
): PrincipalMatcher {
  if (element === '*') return { naming: () => 'everybody', sources: ['*'] };
  const list = (value: string | readonly string[] | undefined) =>
    value === undefined ? [] : typeof value === 'string' ? [value] : value;
  const aws = list(element.AWS);
  const federated = list(element.Federated);
  const service = list(element.Service);
  const sources = [...aws, ...federated, ...service];
  if (sources.length === 0) throw fail('the principal names nobody');
  const entries: Entry[] = [
    ...aws.map((source) => awsEntry(source, fail)),
    ...federated.map((source) => providerEntry(source, ({ federated: asked }) => asked, fail)),
    ...service.map((source) => providerEntry(source, ({ service: asked }) => asked, fail)),
  ];
  const order: readonly PrincipalNaming[] = ['session', 'provider', 'role', 'everybody', 'account'];
  return {
    sources,
    naming(principal) {
      const found = new Set(entries.map((entry) => entry(principal)));
      return order.find((naming) => found.has(naming));
    },
  };
}

function awsEntry(source: string, fail: (problem: string) => Error): Entry {
  if (source === '*') return () => 'everybody';
  if (/[*?]/.test(source)) throw fail(`"${source}": a principal takes no wildcards besides "*" alone`);
  const account = /^(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?$/.exec(source)?.[1];
  if (account !== undefined)
    return ({ accountId, root }) => (accountId !== account ? undefined : root === true ? 'role' : 'account');
  if (!/^arn:aws[a-z-]*:(iam::\d{12}:(role|user)\/|sts::\d{12}:assumed-role\/).+$/.test(source))
    throw fail(
      /^A(ROA|IDA)[A-Z0-9]+$/.test(source)
        ? `"${source}" is the id of a role or user that was deleted; the statement can never match`
        : `"${source}" is not an account, a role, a user or a session`,
    );
  return ({ roleArn, sessionArn }) =>
    sessionArn === source ? 'session' : roleArn === source ? 'role' : undefined;
}

function providerEntry(
  source: string,
  asked: (principal: RequestPrincipal) => string | undefined,
  fail: (problem: string) => Error,
): Entry {
  if (/[*?]/.test(source)) throw fail(`"${source}": a provider or service takes no wildcards`);
  return (principal) => (asked(principal) === source ? 'provider' : undefined);
}
