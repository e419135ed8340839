import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as iot from 'aws-cdk-lib/aws-iot';
import { type BuiltRole } from '@stepcast/policies';
import { type DeploymentNames } from '@stepcast/wire';
import { Construct } from 'constructs';
import { type Documents } from './documents.ts';
import { PLAIN_NAMES } from './names.ts';
import { reviewedRole } from './roles.ts';

/** A user pool, and the client of the web application in it. */
export interface UserPoolRef {
  readonly userPoolId: string;
  readonly userPoolClientId: string;
}

/** An identity pool that an earlier deployment of Stepcast made: its roles went with the stack and are made anew. */
export interface LeftIdentityPool {
  readonly identityPoolId: string;
  /** Roles are made, and take the place of whatever roles and mappings the pool has. */
  readonly newRoles: true;
}

/** An identity pool that exists already. Its roles are extended by an inline policy; they stay the pool's roles. */
export interface ExistingIdentityPool {
  readonly identityPoolId: string;
  /** Name of the role that the pool gives to people who are signed in. */
  readonly authenticatedRoleName: string;
  /** Name of the role for guests, if the pool has one. */
  readonly guestRoleName?: string;
}

export interface PeopleProps {
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
  /** Whether AWS refuses to delete the pool. Default false: a first deployment that fails could not be rolled back. */
  readonly deletionProtection?: boolean;
}

/** A user pool with a client for browsers: no secret, no sign-up by oneself, and no word on whether somebody exists. */
export class People extends Construct implements UserPoolRef {
  readonly userPoolId: string;
  readonly userPoolClientId: string;

  constructor(
    scope: Construct,
    id: string,
    { names = PLAIN_NAMES, deletionProtection = false }: PeopleProps = {},
  ) {
    super(scope, id);
    const pool = new cognito.UserPool(this, 'UserPool', {
      userPoolName: names.prefix,
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      mfa: cognito.Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
      },
      // There is no telephone number, and nothing that could send to one.
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const client = pool.addClient('Web', {
      authFlows: { userSrp: true },
      generateSecret: false,
      // Pages sign in by themselves; with OAuth, CDK would allow the implicit grant to an example's address.
      disableOAuth: true,
      preventUserExistenceErrors: true,
    });
    // The identity pool takes tokens of this client only, and both outlive the stack.
    client.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.userPoolId = pool.userPoolId;
    this.userPoolClientId = client.userPoolClientId;
  }
}

export interface IdentityPoolProps {
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
  readonly userPool: UserPoolRef;
  readonly guests: boolean;
}

/** A new identity pool, without the classic flow: clients do not choose their role. */
export function identityPool(
  scope: Construct,
  id: string,
  { userPool, guests, names = PLAIN_NAMES }: IdentityPoolProps,
): string {
  const pool = new cognito.CfnIdentityPool(scope, id, {
    identityPoolName: names.prefix,
    allowUnauthenticatedIdentities: guests,
    allowClassicFlow: false,
    cognitoIdentityProviders: [
      {
        providerName: providerOf(userPool),
        clientId: userPool.userPoolClientId,
        // A user who was disabled or signed out everywhere gets no new credentials.
        serverSideTokenCheck: true,
      },
    ],
  });
  // Identity IDs are in object keys and topics: a pool made anew would leave everybody's files without an owner.
  pool.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  return pool.ref;
}

/** `cognito-idp.{region}.{suffix}/{userPoolId}`, as the identity pool and the provisioner call the user pool. */
function providerOf({ userPoolId }: UserPoolRef): string {
  return `cognito-idp.${Aws.REGION}.${Aws.URL_SUFFIX}/${userPoolId}`;
}

export interface IdentitiesProps {
  readonly documents: Documents;
  readonly userPool: UserPoolRef;
  readonly identityPoolId: string;
  /** Given when the pool exists already and keeps its roles. */
  readonly existing: ExistingIdentityPool | undefined;
  readonly guests: boolean;
  /** User pool groups whose members get the roles for speakers and listeners, where the documents have these. */
  readonly groups: { readonly speakers: string; readonly listeners: string };
}

/** What identities of the pool may do: roles, who gets which, and the IoT policy that the provisioner attaches. */
export class Identities extends Construct {
  constructor(scope: Construct, id: string, props: IdentitiesProps) {
    super(scope, id);
    const { documents, existing } = props;
    const { built } = documents;
    new iot.CfnPolicy(this, 'IotPolicy', {
      policyName: built.iotPolicy.name,
      policyDocument: documents.inTemplate(built.iotPolicy.document),
    });
    if (existing === undefined) this.#newRoles(props);
    else {
      this.#extend('Authenticated', existing.authenticatedRoleName, built.authenticated, documents);
      if (existing.guestRoleName !== undefined)
        this.#extend('Guest', existing.guestRoleName, built.guest, documents);
      // Which groups get these roles is for the mappings of the pool to say, which a deployment would replace as a whole.
      if (built.speaker !== undefined)
        this.#extend('Speaker', built.speaker.roleName, built.speaker, documents);
      if (built.listener !== undefined)
        this.#extend('Listener', built.listener.roleName, built.listener, documents);
    }
  }

  /** Adds our policy beside whatever the role has. A role that is swapped loses everything else the pool's users may do. */
  #extend(id: string, roleName: string, built: BuiltRole, documents: Documents): void {
    new iam.CfnRolePolicy(this, id, {
      roleName,
      // A role may serve several stages and regions.
      policyName: `${documents.names.prefix}-${Aws.REGION}`,
      policyDocument: documents.inTemplate(built.document),
    });
  }

  #newRoles({ documents, userPool, identityPoolId, guests, groups }: IdentitiesProps): void {
    const { authenticated, guest, speaker, listener } = documents.built;
    const role = (id: string, built: BuiltRole) => reviewedRole(this, id, built, documents).roleArn;
    const rules = [
      // The first that fits decides: who is in both groups speaks.
      ...(speaker === undefined ? [] : [{ group: groups.speakers, roleArn: role('Speaker', speaker) }]),
      ...(listener === undefined ? [] : [{ group: groups.listeners, roleArn: role('Listener', listener) }]),
    ];
    new cognito.CfnIdentityPoolRoleAttachment(this, 'Roles', {
      identityPoolId,
      roles: {
        authenticated: role('Authenticated', authenticated),
        ...(guests ? { unauthenticated: role('Guest', guest) } : {}),
      },
      ...(rules.length === 0
        ? {}
        : {
            roleMappings: {
              groups: {
                identityProvider: `${providerOf(userPool)}:${userPool.userPoolClientId}`,
                type: 'Rules',
                ambiguousRoleResolution: 'AuthenticatedRole',
                rulesConfiguration: {
                  rules: rules.map(({ group, roleArn }) => ({
                    claim: 'cognito:groups',
                    matchType: 'Contains',
                    value: group,
                    roleArn,
                  })),
                },
              },
            },
          }),
    });
  }
}
