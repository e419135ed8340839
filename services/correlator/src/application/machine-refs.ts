import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import { createLru } from '@stepcast/kit';

/** What the ARNs of one state machine's executions have in common. */
export interface MachineRef {
  readonly stateMachineArn: string;
  readonly kind: 'standard' | 'express';
  /** Children of a distributed Map are counted by their Map Run; there may be a million of them. */
  readonly isMapRunChild: boolean;
}

/** For a thousand or more: there are as many as state machines, and distributed Maps in them, that run at a time. */
const MAX_BYTES = 2 * 1024 * 1024;
/** An estimate of what one takes beside the text of its ARN, which it has twice. */
const REF_BYTES = 400;
const known = createLru<string, MachineRef>({
  maxBytes: MAX_BYTES,
  bytesOf: (_ref, begin) => REF_BYTES + 4 * begin.length,
});

/** Where the name of the state machine ends: before the seventh colon. */
function endOfMachine(executionArn: ExecutionArn): number {
  let at = -1;
  for (let colons = 0; colons < 7; colons += 1) at = executionArn.indexOf(':', at + 1);
  return at;
}

/** What was asked for last: a pass over an execution asks several times. */
let lastArn: ExecutionArn | undefined;
let lastRef: MachineRef | undefined;

/** Taken apart once a machine, not for each pass over an execution: that had 1.2 µs of 60 an event in a profile. */
export function machineOf(executionArn: ExecutionArn): MachineRef {
  if (lastRef === undefined || executionArn !== lastArn) lastRef = refOf(executionArn);
  lastArn = executionArn;
  return lastRef;
}

function refOf(executionArn: ExecutionArn): MachineRef {
  const begin = executionArn.slice(0, endOfMachine(executionArn));
  const before = known.get(begin);
  if (before !== undefined) return before;
  const { stateMachineArn, kind, mapRunLabel } = executionArnParts(executionArn);
  const ref = { stateMachineArn, kind, isMapRunChild: mapRunLabel !== undefined };
  known.set(begin, ref);
  return ref;
}
