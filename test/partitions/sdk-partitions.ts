import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import * as z from 'zod';

/** Where the generated source stands. */
export const PARTITIONS_FILE = join(import.meta.dirname, '..', '..', 'contracts', 'src', 'partitions.ts');

/** The SDK publishes its partitions with its sources, under no name that could be imported. */
const DATA = 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js';

const PartitionsInfo = z.object({
  partitionsInfo: z.object({
    partitions: z.array(
      z.object({
        id: z.string(),
        regionRegex: z.string(),
        outputs: z.object({ dnsSuffix: z.string() }),
        regions: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
});

/** A partition as the AWS SDK describes it. */
export interface SdkPartition {
  readonly id: string;
  readonly dnsSuffix: string;
  /** What its regions begin with, for example `us` or `eusc-de`. */
  readonly prefixes: readonly string[];
  /** Every region that the SDK knows, without the pseudo regions of global services. */
  readonly regions: readonly string[];
}

/** `^(us|eu)\-\w+\-\d+$` and `^us\-gov\-\w+\-\d+$`: the only form that there is. @throws Error for another */
function prefixesOf(regionRegex: string): readonly string[] {
  const end = String.raw`\-\w+\-\d+$`;
  if (!regionRegex.startsWith('^') || !regionRegex.endsWith(end))
    throw new Error(`the SDK has a new form of region pattern: ${regionRegex}`);
  const bare = regionRegex.slice(1, -end.length).replaceAll(String.raw`\-`, '-');
  const [head = '', list, tail] = bare.split(/[()]/);
  if (tail !== undefined && tail !== '') throw new Error(`the SDK has a new form of region pattern: ${bare}`);
  return list === undefined ? [head] : list.split('|').map((one) => `${head}${one}`);
}

/** The partitions in the order of the SDK. */
export async function sdkPartitions(): Promise<readonly SdkPartition[]> {
  const core = createRequire(import.meta.url).resolve('@aws-sdk/core/package.json');
  const module: unknown = await import(pathToFileURL(join(dirname(core), DATA)).href);
  const { partitions } = PartitionsInfo.parse(module).partitionsInfo;
  return partitions.map(({ id, regionRegex, outputs, regions }) => ({
    id,
    dnsSuffix: outputs.dnsSuffix,
    prefixes: prefixesOf(regionRegex),
    regions: Object.keys(regions).filter((region) => !region.endsWith('-global')),
  }));
}

/** The text of `contracts/src/partitions.ts`. */
export async function partitionsSource(): Promise<string> {
  const rows = (await sdkPartitions()).map(({ id, dnsSuffix, prefixes }) =>
    JSON.stringify({ id, dnsSuffix, prefixes }),
  );
  const text = `/** A partition of AWS. */
export interface Partition {
  /** As in ARNs. */
  readonly id: string;
  readonly dnsSuffix: string;
  /** What stands before the last two parts of its regions: \`us\` of \`us-east-1\`, \`eusc-de\` of \`eusc-de-east-1\`. */
  readonly prefixes: readonly string[];
}

/** Generated from the data of the AWS SDK by \`npm run partitions\`. Do not edit. */
export const PARTITIONS: readonly Partition[] = [${rows.join(',\n')}];
`;
  return format(text, { ...(await resolveConfig(PARTITIONS_FILE)), filepath: PARTITIONS_FILE });
}

/** What is there now; empty when there is nothing. */
export async function presentSource(): Promise<string> {
  return readFile(PARTITIONS_FILE, 'utf8').catch(() => '');
}
