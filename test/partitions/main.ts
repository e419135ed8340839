import { writeFile } from 'node:fs/promises';
import { PARTITIONS_FILE, partitionsSource } from './sdk-partitions.ts';

/** `npm run partitions`: writes contracts/src/partitions.ts from the data of the AWS SDK. */
await writeFile(PARTITIONS_FILE, await partitionsSource());
