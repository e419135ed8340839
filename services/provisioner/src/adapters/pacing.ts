/**
 * How fast each API is called. A gate with a capacity of `c` and `r` a second lets at most `c + r` calls through in any
 * second, so the two together stay below AWS's number; what is left is for other callers of the account, such as a second
 * copy or the operator. Sources: "AWS IoT Core endpoints and quotas"; Cognito developer guide "Quotas".
 */
export const PACE = {
  /** AttachPolicy, DetachPolicy, ListAttachedPolicies: 15 a second. 140 waiting calls are ten seconds. */
  iotAttachments: { capacity: 1, perSecond: 13, maxWaiting: 140 },
  /** ListTargetsForPolicy: 10 a second. */
  iotTargets: { capacity: 1, perSecond: 5, maxWaiting: 20 },
  /** GetPolicy: 10 a second; only readiness asks. */
  iotPolicies: { capacity: 1, perSecond: 1, maxWaiting: 2 },
  /** TestAuthorization: 10 a second. Nobody waits long for it: without an answer the reply says "propagating". */
  iotTest: { capacity: 1, perSecond: 8, maxWaiting: 8 },
  /** GetId: 25 a second. */
  getId: { capacity: 3, perSecond: 20, maxWaiting: 200 },
  /** ListIdentities: 5 a second. For DescribeIdentity and the roles of a pool AWS names no number: taken as 5 too. */
  census: { capacity: 1, perSecond: 3, maxWaiting: 1_000 },
  poolRoles: { capacity: 2, perSecond: 2, maxWaiting: 20 },
} as const;

/**
 * How often clients may have IoT asked about identities that are known already: about once in 30 seconds for an identity;
 * of all together, so often that at most half of `iotAttachments` and `iotTest` goes to them, since each costs at most two
 * calls of either.
 */
export const RECHECK_PACE = {
  perIdentity: { capacity: 3, perSecond: 1 / 30 },
  overall: { capacity: 2, perSecond: 2 },
} as const;

/** How long a caller is asked to wait when a queue is full: as long as a full one takes to empty. */
export const RETRY_AFTER_FULL_SECONDS = 10;
