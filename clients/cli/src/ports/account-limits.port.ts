import type { Evidence } from '../domain/evidence.ts';

/** A quota of the region, and what of it is taken; `used` where that can be asked. */
export interface Quota {
  readonly allowed: number;
  readonly used: number;
}

/** A zone by the name that it has in this account, and by the ID that it has in every account. */
export interface Zone {
  readonly name: string;
  readonly id: string;
}

/** What a region still gives to an account. Nothing throws. */
export interface AccountLimits {
  vpcs(): Promise<Evidence<Quota>>;
  /** How many functions of the account may run at the same time, those of others included. */
  concurrentFunctions(): Promise<Evidence<number>>;
  /** Those that are available, by name, as CloudFormation lists them. */
  zones(): Promise<Evidence<readonly Zone[]>>;
}
