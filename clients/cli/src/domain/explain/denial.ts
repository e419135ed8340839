import { findRegionAndGuid, looksLikeUserPoolSub } from '@stepcast/contracts';
import { withoutEnd } from '../texts.ts';

/** `User: … is not authorized to perform: … on resource: … because …`, over line breaks and quotes. */
export interface Denial {
  readonly caller: string;
  /** The role in the caller's ARN; absent for users and root. */
  readonly role: string | undefined;
  readonly ofIdentityPool: boolean;
  readonly action: string;
  readonly resource: string;
  readonly reason: 'identity' | 'session' | 'resource' | 'boundary' | 'organization' | 'denyIn' | 'unsaid';
  /** For an explicit deny, the kind of policy that denies. */
  readonly denyIn: string | undefined;
}

const head = /User: (\S+) is not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)/;
const ON = ' on resource: ';
/** What comes after the resource, or after the action where no resource is named. Of single spaces: see {@link parseDenial}. */
const reasonFollows = /\s(?:because|with an explicit deny)\b|\s[[(]|\sat\s|["']/;

/** Takes `on resource: "…"` off the text behind the action. */
function resourceOf(behind: string): { readonly resource: string; readonly rest: string } {
  if (!behind.startsWith(ON)) return { resource: '', rest: behind };
  const text = behind.slice(ON.length).replace(/^"/, '');
  const at = text.search(reasonFollows);
  const end = at < 0 ? text.length : at;
  return { resource: withoutEnd(text.slice(0, end), `"'.) `), rest: text.slice(end) };
}

export function parseDenial(text: string): Denial | undefined {
  const flat = text.replaceAll(/\s+/g, ' ');
  const found = head.exec(flat);
  if (found === null) return undefined;
  const [whole, caller = '', action = ''] = found;
  const { resource, rest } = resourceOf(flat.slice(found.index + whole.length));
  const [, role, session] = /:assumed-role\/([^/]+)\/(\S+)/.exec(caller) ?? [];
  const denyIn = /with an explicit deny in an? ([a-z -]{1,60}?)(?= policy|$)/i.exec(rest)?.[1]?.trim();
  return {
    caller,
    role,
    ofIdentityPool: session?.startsWith('CognitoIdentityCredentials') === true,
    action,
    resource,
    denyIn,
    reason:
      denyIn !== undefined
        ? 'denyIn'
        : /no session policy allows/.test(rest)
          ? 'session'
          : /no identity-based policy allows/.test(rest)
            ? 'identity'
            : /no resource-based policy allows/.test(rest)
              ? 'resource'
              : /no permissions boundary allows/.test(rest)
                ? 'boundary'
                : /no service control policy allows/.test(rest)
                  ? 'organization'
                  : 'unsaid',
  };
}

/** What the message itself tells, a line each. */
export function factsOf(denial: Denial): readonly string[] {
  const { caller, role, ofIdentityPool, action, resource } = denial;
  return [
    role === undefined
      ? `caller: ${caller}`
      : `caller: the role ${role}${ofIdentityPool ? ', which an identity pool gave to a person' : ''}`,
    `action: ${action}`,
    `resource: ${resource === '' ? 'not named' : resource}`,
  ];
}

/** The user-pool sub in an S3 key, if one stands there in the place of an identity ID. */
export function subInKey({ action, resource }: Denial): readonly string[] {
  if (!action.startsWith('s3:')) return [];
  const levels = resource.split('/').slice(1);
  const sub = levels.find(looksLikeUserPoolSub);
  return sub === undefined ? [] : [`in the key: ${sub}, a GUID without region, which is a user-pool sub`];
}

export function identityIn(text: string): string | undefined {
  return findRegionAndGuid(text);
}

export function accountIn({ caller }: Denial): string {
  return /:(\d{12}):/.exec(caller)?.[1] ?? 'ACCOUNT';
}

/** `session-*` for `channel/session-peaceful-gospel-701/1764058120804`. */
export function channelPattern({ resource }: Denial): string {
  const name = /:channel\/([^/]+)/.exec(resource)?.[1];
  const head = name === undefined ? undefined : /^[A-Za-z0-9]+[-_.]/.exec(name)?.[0];
  return head === undefined ? (name ?? 'session-*') : `${head}*`;
}

export function channelResource(denial: Denial): string {
  const prefix = /^(arn:[^:]*:kinesisvideo:[^:]*:\d{12}:channel\/)/.exec(denial.resource)?.[1];
  return `${prefix ?? 'arn:aws:kinesisvideo:REGION:ACCOUNT:channel/'}${channelPattern(denial)}/*`;
}
