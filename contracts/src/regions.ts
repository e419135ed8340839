import { PARTITIONS, type Partition } from './partitions.ts';

/**
 * Regions of AWS, the one place that knows their shape. A region has two to four words of letters and a number:
 * `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`. Which there are is not checked, so that a new one needs no new version.
 */
export const regionShape = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/**
 * `REGION:GUID`, the shape of identity IDs and of identity pool IDs alike. The GUID is not an RFC 4122 UUID: Cognito
 * issues any version digit.
 */
export const regionAndGuid =
  /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const regionAndGuidInside =
  /(?<![a-z-])[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** Whether a text has the shape of a region. */
export function isRegion(text: string): boolean {
  return regionShape.test(text);
}

/** The region in front of an identity ID, an identity pool ID (`region:guid`) or a user pool ID (`region_name`). */
export function regionOfId(id: string): string | undefined {
  const [head = ''] = id.split(/[:_]/, 1);
  return head !== id && isRegion(head) ? head : undefined;
}

/** The first identity ID, or identity pool ID, anywhere in a text. */
export function findRegionAndGuid(text: string): string | undefined {
  return regionAndGuidInside.exec(text)?.[0];
}

const commercial: Partition = { id: 'aws', dnsSuffix: 'amazonaws.com', prefixes: [] };

/** As the AWS SDK decides: by what the region begins with; a region that no partition claims is one of `aws`. */
function partitionWith(ofRegion: string): Partition {
  const prefix = ofRegion.split('-').slice(0, -2).join('-');
  return PARTITIONS.find(({ prefixes }) => prefixes.includes(prefix)) ?? commercial;
}

/** The partition that a region's ARNs name, for example `aws` or `aws-us-gov`. */
export function partitionOf(ofRegion: string): string {
  return partitionWith(ofRegion).id;
}

/** What the names of a region's endpoints end in, for example `amazonaws.com` or `amazonaws.com.cn`. */
export function dnsSuffixOf(ofRegion: string): string {
  return partitionWith(ofRegion).dnsSuffix;
}

/** The name of a user pool as a login provider: the key of `Logins`, and its issuer without `https://`. */
export function userPoolProvider(ofRegion: string, userPoolId: string): string {
  return `cognito-idp.${ofRegion}.${dnsSuffixOf(ofRegion)}/${userPoolId}`;
}

/** The region in the name of an IoT data endpoint (`….iot.REGION.SUFFIX`); undefined when it is the name of none. */
export function regionOfIotEndpoint(hostName: string): string | undefined {
  const at = hostName.indexOf('.iot.');
  if (at < 0) return undefined;
  const place = hostName.slice(at + '.iot.'.length);
  const [ofRegion = ''] = place.split('.', 1);
  return isRegion(ofRegion) && place === `${ofRegion}.${dnsSuffixOf(ofRegion)}` ? ofRegion : undefined;
}
