/** What a run has made so far, and so has to remove. Filled as it goes, so that an end at any moment leaves nothing behind. */
export interface Made {
  stack: boolean;
  bucket?: string;
  userPoolId?: string;
  identityPoolId?: string;
  stateMachineArn?: string;
  expressStateMachineArn?: string;
  logGroupName?: string;
  roleName?: string;
  rolePolicyName?: string;
}
