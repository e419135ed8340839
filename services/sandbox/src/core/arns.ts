import { partitionOf } from '@stepcast/contracts';

/** Where resources live. The partition follows from the region, by the data of the AWS SDK. */
export interface ArnPlace {
  readonly region: string;
  readonly accountId: string;
}

/** The ARN of a resource in a region. @param resource what stands behind the account, for example `role/name` */
export function regionalArn({ region, accountId }: ArnPlace, service: string, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region}:${accountId}:${resource}`;
}

/** The ARN of a resource that belongs to the account and to no region: what IAM and STS have. */
export function globalArn({ region, accountId }: ArnPlace, service: string, resource: string): string {
  return `arn:${partitionOf(region)}:${service}::${accountId}:${resource}`;
}
