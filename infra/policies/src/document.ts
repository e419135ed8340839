/** The policy documents of AWS, as far as Stepcast writes and evaluates them. */

export type OneOrMany<T> = T | readonly T[];

/** Variables such as `${cognito-identity.amazonaws.com:sub}` exist only in `2012-10-17`; in the older version they are plain text. */
export type PolicyVersion = '2012-10-17' | '2008-10-17';

export type PrincipalElement =
  | '*'
  | {
      readonly AWS?: OneOrMany<string>;
      readonly Federated?: OneOrMany<string>;
      readonly Service?: OneOrMany<string>;
    };

export type ConditionBlock = Readonly<
  Record<string, Readonly<Record<string, OneOrMany<string | number | boolean>>>>
>;

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Only in resource and trust policies. */
  readonly Principal?: PrincipalElement;
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  /** Not in trust policies. */
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  readonly Condition?: ConditionBlock;
}

export interface PolicyDocument {
  readonly Version: PolicyVersion;
  readonly Id?: string;
  readonly Statement: readonly PolicyStatement[];
}

/** What AWS counts against a size limit: the characters of the document without white space. */
export function policySize(document: PolicyDocument): number {
  return JSON.stringify(document).replace(/\s/g, '').length;
}
