import {
  OPERATOR_COMMANDS,
  operatorPolicy,
  policySize,
  type OperatorCommand,
  type PolicyDocument,
} from '@stepcast/policies';
import { deployStatements } from './deploy.ts';
import { containerStatements } from './execution-containers.ts';
import { vpcStatements } from './execution-vpc.ts';
import { executionStatements } from './execution.ts';
import { arnsFor, type PermissionSetOptions, type Purpose } from './names.ts';

export { PURPOSES, type PermissionSetOptions, type Purpose } from './names.ts';

/** Inline policy of a permission set: characters without white space. Source: IAM Identity Center quotas. */
export const INLINE_MAX_CHARACTERS = 10_240;
/** A managed policy, which the bootstrap takes by ARN. Source: IAM quotas. */
export const MANAGED_MAX_CHARACTERS = 6_144;

export interface PermissionSet {
  readonly document: PolicyDocument;
  /** Characters that AWS counts. */
  readonly size: number;
  /** What to do with the document, for people. */
  readonly notes: readonly string[];
}

const instructions: Readonly<Record<Purpose, readonly string[]>> = {
  deploy: [
    'Put it into a permission set as its inline policy, and assign that to those who deploy:',
    '  aws sso-admin put-inline-policy-to-permission-set --instance-arn INSTANCE_ARN --permission-set-arn ARN --inline-policy file://deploy.json',
    'It lets nobody bootstrap: that is done once, by an administrator. Who may deploy may do what CloudFormation’s execution',
    'role may; the bootstrap makes that AdministratorAccess, unless given a smaller one (--for execution).',
  ],
  operate: [
    'Put it into a permission set as its inline policy, and assign that to those who operate:',
    '  aws sso-admin put-inline-policy-to-permission-set --instance-arn INSTANCE_ARN --permission-set-arn ARN --inline-policy file://operate.json',
    'iot:AttachPolicy has no ARN to be scoped to: who operates can attach the IoT policies of the account to any identity.',
    'Nor has cognito-identity:SetIdentityPoolRoles: who operates can give the roles that PassRole names to any pool.',
  ],
  execution: execution(
    'execution',
    'It may write the policies of roles named after the prefix, and so give those roles any right: protect the stack’s source.',
  ),
  'execution-containers': execution(
    'execution-containers',
    'Besides "execution". Security groups, APIs and scalable targets have no names: it may change those of others in this region too.',
  ),
  'execution-vpc': execution(
    'execution-vpc',
    'Besides these two, and only where the stack makes its own VPC: it may change every VPC of the region.',
  ),
};

function execution(purpose: Purpose, caution: string): readonly string[] {
  return [
    'Make a managed policy of it, and bootstrap once, as an administrator, with those of execution, execution-containers',
    'and, unless there is a VPC, execution-vpc:',
    `  aws iam create-policy --policy-name stepcast-${purpose} --policy-document file://${purpose}.json`,
    '  npx aws-cdk@2 bootstrap aws://ACCOUNT/REGION --cloudformation-execution-policies arn:aws:iam::ACCOUNT:policy/stepcast-execution,…',
    caution,
  ];
}

/** The commands that are named; `undefined`: all, and what is done by hand. */
function commandsOf({ commands }: PermissionSetOptions): readonly OperatorCommand[] | undefined {
  return commands.length === 0 ? undefined : OPERATOR_COMMANDS.filter((one) => commands.includes(one));
}

/** The least privilege for one purpose: no wildcard in any action, and `*` as a resource only where AWS knows no other. */
export function permissionSet(options: PermissionSetOptions): PermissionSet {
  const arns = arnsFor(options);
  const statements = {
    deploy: () => deployStatements(arns),
    operate: () => operatorPolicy(options, commandsOf(options)).Statement,
    execution: () => executionStatements(arns, options.prefix),
    'execution-containers': () => containerStatements(arns, options.prefix),
    'execution-vpc': () => vpcStatements(arns),
  };
  const document: PolicyDocument = { Version: '2012-10-17', Statement: statements[options.purpose]() };
  const size = policySize(document);
  const limit = options.purpose.startsWith('execution') ? MANAGED_MAX_CHARACTERS : INLINE_MAX_CHARACTERS;
  return {
    document,
    size,
    notes: [
      `${size} of ${limit} characters.`,
      ...placeholderNotes(document),
      ...instructions[options.purpose],
    ],
  };
}

function placeholderNotes(document: PolicyDocument): readonly string[] {
  const text = JSON.stringify(document);
  const names = ['ACCOUNT_ID', 'REGION'].filter((name) => text.includes(`:${name}:`));
  return names.length === 0
    ? []
    : [
        `Put yours in the place of ${names.join(' and ')}, or give ${names.map((name) => (name === 'REGION' ? '--region' : '--account-id')).join(' and ')}.`,
      ];
}
