import { isDeepStrictEqual } from 'node:util';
import { PoolRolesConflictError } from '../errors.ts';

/** How one rule of a role mapping compares a claim of the ID token. */
export type MatchType = 'Equals' | 'Contains' | 'StartsWith' | 'NotEqual';

export interface MappingRule {
  readonly Claim: string;
  readonly MatchType: MatchType;
  readonly Value: string;
  readonly RoleARN: string;
}

export interface RoleMapping {
  readonly Type: 'Token' | 'Rules';
  readonly AmbiguousRoleResolution?: 'AuthenticatedRole' | 'Deny';
  readonly RulesConfiguration?: { readonly Rules: readonly MappingRule[] };
}

/** The role document of an identity pool, in Cognito's words. Keys of `RoleMappings` are `<provider>:<app client id>`. */
export interface PoolRoles {
  readonly Roles: Readonly<Record<string, string>>;
  readonly RoleMappings?: Readonly<Record<string, RoleMapping>>;
}

/** Members of a user pool group get a role. */
export interface GroupRole {
  readonly group: string;
  readonly roleArn: string;
}

/** Which groups of which login get which role, the more powerful first: Cognito takes the first rule that fits. */
export interface WantedMapping {
  /** `cognito-idp.{region}.amazonaws.com/{userPoolId}:{appClientId}` */
  readonly provider: string;
  readonly groups: readonly GroupRole[];
}

/** Cognito developer guide, "Using role-based access control": 25 rules per provider, 10 providers. */
export const POOL_ROLE_LIMITS = { rulesPerProvider: 25, providers: 10 } as const;

const GROUPS_CLAIM = 'cognito:groups';

/**
 * The document with the wanted mapping in it. Everything that was there stays: both roles, other providers, other rules of
 * this provider and what happens to people whom no rule fits. Rules that say the same of the same group are replaced.
 *
 * @throws PoolRolesConflictError when it cannot be put in without changing something else
 */
export function withMapping(current: PoolRoles, wanted: WantedMapping): PoolRoles {
  checkGroups(wanted.groups);
  if (current.Roles['authenticated'] === undefined)
    throw new PoolRolesConflictError(
      'the pool has no authenticated role, so people in neither group would get no credentials; set it first',
    );
  const known = current.RoleMappings?.[wanted.provider];
  if (known?.Type === 'Token')
    throw new PoolRolesConflictError(
      `the pool takes roles of ${wanted.provider} from the token (Type Token); give the groups their roles in the user ` +
        'pool, or change the mapping to rules by hand',
    );
  const rules = known?.RulesConfiguration?.Rules ?? [];
  const ours = wanted.groups.map(({ group, roleArn }): MappingRule => ({
    Claim: GROUPS_CLAIM,
    MatchType: 'Contains',
    Value: group,
    RoleARN: roleArn,
  }));
  const foreign = rules.filter((rule) => !ours.some((own) => sameCondition(own, rule)));
  // Where all of ours are there already, in our order, the place among the others is somebody's decision.
  const inPlace = isDeepStrictEqual(
    rules.filter((rule) => ours.some((own) => sameCondition(own, rule))),
    ours,
  );
  const merged = inPlace ? rules : [...foreign, ...ours];
  if (merged.length > POOL_ROLE_LIMITS.rulesPerProvider)
    throw new PoolRolesConflictError(
      `${wanted.provider} would have ${merged.length} rules, Cognito takes ${POOL_ROLE_LIMITS.rulesPerProvider}`,
    );
  const mappings: Record<string, RoleMapping> = {
    ...current.RoleMappings,
    [wanted.provider]: {
      Type: 'Rules',
      AmbiguousRoleResolution: known?.AmbiguousRoleResolution ?? 'AuthenticatedRole',
      RulesConfiguration: { Rules: merged },
    },
  };
  if (Object.keys(mappings).length > POOL_ROLE_LIMITS.providers)
    throw new PoolRolesConflictError(
      `the pool would have mappings for ${Object.keys(mappings).length} providers, Cognito takes ${POOL_ROLE_LIMITS.providers}`,
    );
  return { Roles: current.Roles, RoleMappings: mappings };
}

/** `Contains` matches a part: a member of `non-speaker` would be a speaker. */
function checkGroups(groups: readonly GroupRole[]): void {
  for (const [at, { group }] of groups.entries()) {
    if (group === '') throw new PoolRolesConflictError('a group has no name');
    const other = groups.find((one, index) => index !== at && one.group.includes(group));
    if (other !== undefined)
      throw new PoolRolesConflictError(
        `the group name ${JSON.stringify(group)} is contained in ${JSON.stringify(other.group)}: Cognito's rule would ` +
          'take members of one for members of the other; rename one of them',
      );
  }
}

function sameCondition(one: MappingRule, other: MappingRule): boolean {
  return one.Claim === other.Claim && one.MatchType === other.MatchType && one.Value === other.Value;
}

/** Whether two documents say the same; an absent list of mappings and an empty one do. */
export function sameRoles(one: PoolRoles, other: PoolRoles): boolean {
  return (
    isDeepStrictEqual({ ...one.Roles }, { ...other.Roles }) &&
    isDeepStrictEqual({ ...one.RoleMappings }, { ...other.RoleMappings })
  );
}

/** What differs, for an error: names of roles and providers, no ARNs. */
export function differences(expected: PoolRoles, found: PoolRoles): readonly string[] {
  const keys = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return [
    ...keys(expected.Roles, found.Roles)
      .filter((name) => expected.Roles[name] !== found.Roles[name])
      .map((name) => `role ${name}`),
    ...keys(expected.RoleMappings ?? {}, found.RoleMappings ?? {})
      .filter(
        (provider) => !isDeepStrictEqual(expected.RoleMappings?.[provider], found.RoleMappings?.[provider]),
      )
      .map((provider) => `mapping of ${provider}`),
  ];
}
