import * as z from 'zod';
import { forbiddenRole, invalidParameter, notAuthorized } from './errors.ts';
import type { ProvenLogin } from './login-verifier.ts';

const RoleArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'not the ARN of an IAM role');

const RoleMapping = z.object({
  Type: z.enum(['Token', 'Rules']),
  AmbiguousRoleResolution: z.enum(['AuthenticatedRole', 'Deny']).optional(),
  RulesConfiguration: z
    .object({
      Rules: z
        .array(
          z.object({
            Claim: z.string(),
            MatchType: z.enum(['Equals', 'Contains', 'StartsWith', 'NotEqual']),
            Value: z.string(),
            RoleARN: RoleArn,
          }),
        )
        .min(1)
        .max(25),
    })
    .optional(),
});
type RoleMapping = z.infer<typeof RoleMapping>;

/** The role document of a pool, as SetIdentityPoolRoles takes it and GetIdentityPoolRoles gives it back. */
export const PoolRoles = z.object({
  Roles: z.strictObject({ authenticated: RoleArn.optional(), unauthenticated: RoleArn.optional() }),
  /** Keyed by `<provider>:<app client id>`. */
  RoleMappings: z.record(z.string(), RoleMapping).optional(),
});
export type PoolRoles = z.infer<typeof PoolRoles>;

/** What the schema cannot say. @throws AwsError `InvalidParameterException` */
export function checkRoles(document: PoolRoles): void {
  const mappings = Object.entries(document.RoleMappings ?? {});
  if (mappings.length > 10) throw invalidParameter('Role mappings are limited to 10 identity providers.');
  for (const [provider, mapping] of mappings) {
    if (mapping.AmbiguousRoleResolution === undefined)
      throw invalidParameter(`AmbiguousRoleResolution is required for the role mapping of ${provider}.`);
    if (mapping.Type === 'Rules' && mapping.RulesConfiguration === undefined)
      throw invalidParameter(`RulesConfiguration is required for the role mapping of ${provider}.`);
  }
}

/** Every role that a document names: SetIdentityPoolRoles needs `iam:PassRole` on each. */
export function rolesNamedIn(document: PoolRoles): readonly string[] {
  const mapped = Object.values(document.RoleMappings ?? {}).flatMap(
    (mapping) => mapping.RulesConfiguration?.Rules.map((rule) => rule.RoleARN) ?? [],
  );
  return [...new Set([document.Roles.authenticated, document.Roles.unauthenticated, ...mapped])].filter(
    (arn) => arn !== undefined,
  );
}

/** Thrown to nobody's face: the caller turns it into `InvalidIdentityPoolConfigurationException`. */
export const NO_ROLE = Symbol('no role');

/**
 * Which role a login gets: by the mapping of its provider where there is one, else the pool's authenticated role.
 * @throws AwsError `NotAuthorizedException` when the mapping says Deny, or the wanted role is another than that.
 */
export function roleOfLogin(
  document: PoolRoles | undefined,
  login: ProvenLogin,
  clientId: string,
  wantedRoleArn: string | undefined,
): string | typeof NO_ROLE {
  const mapping = document?.RoleMappings?.[`${login.provider}:${clientId}`];
  const fallback = document?.Roles.authenticated;
  const chosen =
    mapping === undefined ? fallback : (roleByMapping(mapping, login, wantedRoleArn) ?? fallback);
  if (chosen === undefined) return NO_ROLE;
  if (wantedRoleArn !== undefined && wantedRoleArn !== chosen) throw forbiddenRole(wantedRoleArn);
  return chosen;
}

function roleByMapping(
  mapping: RoleMapping,
  login: ProvenLogin,
  wanted: string | undefined,
): string | undefined {
  const found =
    mapping.Type === 'Token'
      ? roleByToken(login, wanted)
      : mapping.RulesConfiguration?.Rules.find((rule) =>
          claimMatches(login.claims[rule.Claim], rule.MatchType, rule.Value),
        )?.RoleARN;
  if (found === undefined && mapping.AmbiguousRoleResolution === 'Deny')
    throw notAuthorized('Not authorized: no role of the role mapping applies to this token.');
  return found;
}

function roleByToken({ claims }: ProvenLogin, wanted: string | undefined): string | undefined {
  const roles = Array.isArray(claims['cognito:roles'])
    ? claims['cognito:roles'].filter((role): role is string => typeof role === 'string')
    : [];
  if (wanted !== undefined && roles.includes(wanted)) return wanted;
  const preferred = claims['cognito:preferred_role'];
  if (typeof preferred === 'string') return preferred;
  return roles.length === 1 ? roles[0] : undefined;
}

function claimMatches(claim: unknown, matchType: string, value: string): boolean {
  const values = (Array.isArray(claim) ? claim : [claim]).filter((one) => one !== undefined).map(String);
  switch (matchType) {
    case 'Equals':
      return values.length === 1 && values[0] === value;
    case 'Contains':
      return values.some((one) => one.includes(value));
    case 'StartsWith':
      return values.some((one) => one.startsWith(value));
    default:
      return values.length > 0 && !values.includes(value);
  }
}
