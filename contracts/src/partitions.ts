/** A partition of AWS. */
export interface Partition {
  /** As in ARNs. */
  readonly id: string;
  readonly dnsSuffix: string;
  /** What stands before the last two parts of its regions: `us` of `us-east-1`, `eusc-de` of `eusc-de-east-1`. */
  readonly prefixes: readonly string[];
}

/** Generated from the data of the AWS SDK by `npm run partitions`. Do not edit. */
export const PARTITIONS: readonly Partition[] = [
  { id: 'aws', dnsSuffix: 'amazonaws.com', prefixes: ['us', 'eu', 'ap', 'sa', 'ca', 'me', 'af', 'il', 'mx'] },
  { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn', prefixes: ['cn'] },
  { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu', prefixes: ['eusc-de'] },
  { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov', prefixes: ['us-iso'] },
  { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov', prefixes: ['us-isob'] },
  { id: 'aws-iso-e', dnsSuffix: 'cloud.adc-e.uk', prefixes: ['eu-isoe'] },
  { id: 'aws-iso-f', dnsSuffix: 'csp.hci.ic.gov', prefixes: ['us-isof'] },
  { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com', prefixes: ['us-gov'] },
];
