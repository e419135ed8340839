import type { StatusChangeDetail } from '../types.ts';
import type { Execution } from './execution.ts';

/** Inputs and outputs longer than this are left out of status events. Source: AWS, EventBridge event delivery. */
const maxStatusDataBytes = 248 * 1024;

export function statusChangeOf(execution: Execution): StatusChangeDetail {
  const { input } = execution.options;
  const { end, identity } = execution;
  const inputBytes = Buffer.byteLength(JSON.stringify(input));
  const outputBytes = end?.output === undefined ? 0 : Buffer.byteLength(JSON.stringify(end.output));
  const inputIncluded = inputBytes + outputBytes <= maxStatusDataBytes;
  const outputIncluded = outputBytes <= maxStatusDataBytes;
  return {
    executionArn: identity.executionArn,
    stateMachineArn: identity.stateMachineArn,
    name: identity.executionName,
    status: execution.status,
    startDate: execution.startedAtMs,
    stopDate: end?.stoppedAtMs ?? null,
    input: inputIncluded ? input : null,
    output: outputIncluded ? (end?.output ?? null) : null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: identity.redriveCount,
    redriveDate: execution.redrivenAtMs ?? null,
    redriveStatus: execution.redriveStatus,
    redriveStatusReason: null,
    inputDetails: { included: inputIncluded },
    outputDetails: end?.output === undefined ? null : { included: outputIncluded },
    error: end?.error ?? null,
    cause: end?.cause ?? null,
  };
}
