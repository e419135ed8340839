/** How far a proof can be trusted, in the words of ARCHITECTURE.md and the correlator's rules. */
const meanings: Readonly<Record<string, { readonly confidence: Confidence; readonly why: string }>> = {
  managedStart: { confidence: 'certain', why: 'Stepcast started the execution itself, for this version' },
  callerIdentity: { confidence: 'certain', why: 'CloudTrail saw this identity upload the object' },
  keyPrefix: {
    confidence: 'certainIfPinned',
    why: 'the object’s key names the identity; certain where IAM pins the prefix (stepcast doctor --only s3)',
  },
  operator: {
    confidence: 'certain',
    why: 'an operator released it from quarantine (stepcast audit says who and why)',
  },
  parent: { confidence: 'asParent', why: 'an execution with this owner started it' },
};

export type Confidence = 'certain' | 'certainIfPinned' | 'asParent' | 'unknown';

export interface Proof {
  readonly proof: string;
  readonly confidence: Confidence;
  readonly why: string;
}

export function proofsOf(names: readonly string[]): readonly Proof[] {
  return names.map((proof) => {
    const meaning = meanings[proof] ?? {
      confidence: 'unknown' as const,
      why: 'a newer version of the correlator wrote it',
    };
    return { proof, ...meaning };
  });
}
