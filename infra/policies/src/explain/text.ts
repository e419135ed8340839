import { type Evaluation, type Layer, type StatementRef } from '../evaluate/evaluate.ts';
import { type Failure } from '../evaluate/statement.ts';

const names: Readonly<Record<Layer, string>> = {
  identity: 'identity-based policy',
  session: 'session policy',
  // AWS IoT gives no text of its own; this one is ours, in the same form.
  iot: 'IoT policy attached to the identity',
  resource: 'resource-based policy',
};

/**
 * The decision in AWS's words, without the leading "because": `no identity-based policy allows the s3:PutObject action`,
 * `no session policy allows the … action`, `with an explicit deny in a resource-based policy`.
 * Source of the texts: IAM user guide "Troubleshoot access denied error messages".
 */
export function reasonOf(evaluation: Evaluation): string {
  const [first] = evaluation.decisive;
  if (evaluation.allowed) return `allowed by ${evaluation.decisive.map(describeRef).join(' and ')}`;
  if (evaluation.outcome === 'explicitDeny' && first !== undefined)
    return `with an explicit deny in ${/^[aeiou]/i.test(names[first.layer]) ? 'an' : 'a'} ${names[first.layer]}`;
  return `no ${names[evaluation.missing ?? 'identity']} allows the ${evaluation.action} action`;
}

/** The whole message of an AccessDenied, as AWS writes it. */
export function accessDeniedMessage(callerArn: string, evaluation: Evaluation): string {
  const because = evaluation.outcome === 'explicitDeny' ? '' : 'because ';
  return (
    `User: ${callerArn} is not authorized to perform: ${evaluation.action} ` +
    `on resource: "${evaluation.resource}" ${because}${reasonOf(evaluation)}`
  );
}

/** `Allow "OwnObjects" of policy stepcast-authenticated`. */
export function describeRef({ effect, statement, policy }: StatementRef): string {
  return `${effect} "${statement}" of policy ${policy}`;
}

/** One failure in a sentence: what the statement wanted, and what was asked. */
export function describeFailure(failure: Failure): string {
  switch (failure.element) {
    case 'action':
      return `the action ${failure.asked} is ${failure.negated ? 'excepted by' : 'not among'} ${failure.wanted.join(', ')}`;
    case 'resource':
      return `the resource ${failure.asked} ${failure.negated ? 'is excepted by' : 'does not match'} ${failure.wanted.join(' or ')}`;
    case 'principal':
      return `the caller ${failure.asked} is not named by ${failure.wanted.join(', ')}`;
    case 'condition': {
      const value =
        failure.asked === undefined ? 'is absent' : `is ${failure.asked.map((one) => `"${one}"`).join(', ')}`;
      return `${failure.key} ${value}, but ${failure.operator} wants ${failure.wanted.length === 0 ? 'it to be named by the statement' : failure.wanted.map((one) => `"${one}"`).join(' or ')}`;
    }
  }
}

/** The evaluation for people: the reason, what decided, and what nearly did. */
export function describeEvaluation(evaluation: Evaluation): readonly string[] {
  return [
    reasonOf(evaluation),
    ...(evaluation.allowed ? [] : evaluation.decisive.map((ref) => `decided by ${describeRef(ref)}`)),
    ...evaluation.nearMisses.flatMap(({ statement, failed }) => [
      `nearly: ${describeRef(statement)}`,
      ...failed.map((failure) => `  ${describeFailure(failure)}`),
    ]),
  ];
}
