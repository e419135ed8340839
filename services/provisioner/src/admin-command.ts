import { parseArgs } from 'node:util';
import { IdentityId, SessionId } from '@stepcast/contracts';
import type { GroupRole } from './domain/pool-roles.ts';
import { DeprovisionRefusedError, AdminUsageError } from './errors.ts';

/** What the operator asked for. */
export type AdminCommand =
  | { readonly name: 'help' }
  | { readonly name: 'reconcile'; readonly sweepAll: boolean }
  | { readonly name: 'deprovision'; readonly identityId: IdentityId; readonly sessions: readonly SessionId[] }
  | { readonly name: 'kvs-roles'; readonly groups: readonly GroupRole[] };

export const ADMIN_USAGE = `Usage: node dist/admin.js COMMAND

  reconcile [--sweep-all]
      Attach the IoT policy to signed-in identities that lack it, detach it from deleted ones. Without --sweep-all it
      refuses to detach when more than a quarter of all (and more than 20) seem deleted.

  deprovision IDENTITY_ID [SESSION...]
      Detach the IoT policy, then cut the connections of the named sessions (client ID = IDENTITY_ID-SESSION).

  kvs-roles --speaker GROUP=ROLE_ARN [--listener GROUP=ROLE_ARN]
      Map user pool groups to roles of the identity pool. The pool's roles and all other mappings stay. The roles must
      hold everything that the authenticated role may do besides: a session has exactly one role.

Environment: as the service, and AWS credentials with the provisioner's rights (for kvs-roles also
cognito-identity:SetIdentityPoolRoles, and iam:PassRole on every role of the pool).
`;

const shape = {
  'sweep-all': { type: 'boolean', default: false },
  speaker: { type: 'string' },
  listener: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** @throws AdminUsageError saying what to write instead; DeprovisionRefusedError for an identity that is none */
export function readAdminCommand(argv: readonly string[]): AdminCommand {
  const { values, positionals } = parsed(argv);
  const [name, ...rest] = positionals;
  if (values.help || name === 'help') return { name: 'help' };
  if (name === 'reconcile' && rest.length === 0) return { name, sweepAll: values['sweep-all'] };
  if (name === 'deprovision') {
    const [identity = '', ...sessions] = rest;
    const identityId = IdentityId.safeParse(identity).data;
    if (identityId === undefined)
      throw new DeprovisionRefusedError(`${JSON.stringify(identity)} is not an identity ID (region:guid)`);
    return { name, identityId, sessions: sessions.map(readSession) };
  }
  if (name === 'kvs-roles' && rest.length === 0) {
    // The speaker's rule first: who is in both groups speaks.
    const groups = [values.speaker, values.listener].filter((text) => text !== undefined).map(readGroup);
    if (groups.length === 0) throw new AdminUsageError('kvs-roles needs --speaker or --listener');
    return { name, groups };
  }
  throw new AdminUsageError(
    name === undefined ? 'no command was given' : `there is no command "${positionals.join(' ')}"`,
  );
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: shape, allowPositionals: true });
  } catch (thrown) {
    throw new AdminUsageError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }
}

function readSession(text: string): SessionId {
  const session = SessionId.safeParse(text).data;
  if (session === undefined)
    throw new DeprovisionRefusedError(
      `${JSON.stringify(text)} is not a session: give what follows the identity ID and the hyphen in the client ID`,
    );
  return session;
}

function readGroup(text: string): GroupRole {
  const at = text.indexOf('=');
  const [group, roleArn] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (group === '' || !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn))
    throw new AdminUsageError(
      `${JSON.stringify(text)} is not GROUP=ROLE_ARN, for example speakers=arn:aws:iam::111122223333:role/stepcast-speaker`,
    );
  return { group, roleArn };
}
