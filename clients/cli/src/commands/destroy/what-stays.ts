import type { DeployedStack, StackResource } from './ports.ts';

/** The settings with which the next deployment takes up what this one leaves. */
export interface AdoptingSettings {
  readonly stage?: string;
  readonly bucket?: string;
  readonly journalTable?: string;
  readonly userPool?: { readonly userPoolId: string; readonly userPoolClientId: string };
  readonly identityPool?: { readonly identityPoolId: string; readonly newRoles: true };
}

export interface Staying {
  /** For people, a thing a line. */
  readonly lines: readonly string[];
  readonly settings: AdoptingSettings;
}

/**
 * What a stack leaves: what holds data of people is retained, and what was there before is no part of it. Roles are deleted,
 * but not those of a pool that has its own.
 */
export function whatStays({ outputs }: DeployedStack, resources: readonly StackResource[]): Staying {
  const {
    Stage: stage,
    Bucket: bucket,
    JournalTable: journalTable,
    UserPoolId: userPoolId,
    UserPoolClientId: userPoolClientId,
    IdentityPoolId: identityPoolId,
  } = outputs;
  // The resource may be gone already, when an earlier deletion failed half-way.
  const givesRoles =
    outputs['IdentityPoolRoles'] === 'new' ||
    resources.some(({ type }) => type === 'AWS::Cognito::IdentityPoolRoleAttachment');
  const line = (what: string, value: string | undefined) =>
    value === undefined ? [] : [`${what}  ${value}`];
  return {
    lines: [
      ...line('bucket, with every file ', bucket),
      ...line('journal                 ', journalTable),
      ...line('user pool               ', userPoolId),
      ...line('client of the user pool ', userPoolClientId),
      ...line('identity pool           ', identityPoolId),
    ],
    settings: {
      ...(stage === undefined ? {} : { stage }),
      ...(bucket === undefined ? {} : { bucket }),
      ...(journalTable === undefined ? {} : { journalTable }),
      ...(userPoolId === undefined || userPoolClientId === undefined
        ? {}
        : { userPool: { userPoolId, userPoolClientId } }),
      // A pool that keeps its own roles is in the settings already, with their names.
      ...(identityPoolId === undefined || !givesRoles
        ? {}
        : { identityPool: { identityPoolId, newRoles: true } }),
    },
  };
}
