import { PutObjectCommand } from '@aws-sdk/client-s3';
import { uploadIdOf } from '@stepcast/contracts';
import type { Application } from './application.ts';
import type { Canaries } from './canaries.ts';
import type { PutIn } from './history.ts';
import { pauseFor } from './wait-until.ts';
import { expectedEvents, FATES } from './workflow.ts';

/** Folders as people name them; each a different trap for code that encodes or splits keys. */
const FOLDERS = ['photos', 'Фото 日本', 'a+b %25&c', 'emoji 😀', 'nested/deeper/still'] as const;
const SECOND_VERSION = 0.15;

export interface Load {
  readonly putIn: readonly PutIn[];
  /** What has not ended, in words; undefined when nothing is open. */
  open(): string | undefined;
  /** Resolves when no more is put in. What is under way ends in its own time. */
  stop(): Promise<void>;
}

interface Upload {
  readonly where: string;
  readonly put: PutIn;
  versions: number;
  done: boolean;
}

/**
 * Everybody uploads, `inFlight` objects at a time each, and follows each to its end in the application.
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
export function startLoad(options: {
  readonly applications: readonly Application[];
  readonly bucket: string;
  readonly inFlight: number;
  readonly canaries: Canaries;
  readonly random: () => number;
}): Load {
  const { applications, bucket, inFlight, canaries, random } = options;
  const uploads: Upload[] = [];
  const ending = new AbortController();
  const problems: string[] = [];

  async function putOne(application: Application, serial: number): Promise<void> {
    const { who } = application;
    const fate = FATES[Math.floor(random() * FATES.length)] ?? 'succeeds';
    const folder = FOLDERS[serial % FOLDERS.length] ?? '';
    const key = `users/${who.identityId}/${folder}/${serial} ${canaries.make('key')}.${fate}.txt`;
    const following = application.follow(bucket, key);
    const upload: Upload = {
      where: `${who.name} ${key}`,
      put: {
        identityId: who.identityId,
        uploadId: uploadIdOf(bucket, key),
        bucket,
        key,
        versions: 0,
        expected: expectedEvents(fate),
        executionArns: undefined,
      },
      versions: 0,
      done: false,
    };
    uploads.push(upload);
    const versions = random() < SECOND_VERSION ? 2 : 1;
    for (let version = 1; version <= versions; version += 1) {
      if (version > 1 && ending.signal.aborted) break;
      await who.s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: `${canaries.make('input')} ${version}`,
          Metadata: { note: canaries.make('header') },
        }),
      );
      upload.versions = version;
      await following.whenCompleted(version);
    }
    upload.done = true;
    following.close();
  }

  let serial = 0;
  async function work(application: Application): Promise<void> {
    while (!ending.signal.aborted) {
      serial += 1;
      try {
        await putOne(application, serial);
      } catch (thrown) {
        problems.push(`${application.who.name}: ${String(thrown)}`);
        // So that an upload that cannot be made is not tried in a tight loop.
        await pauseFor(1_000, ending.signal);
      }
    }
  }
  const workers = applications.flatMap((application) =>
    Array.from({ length: inFlight }, () => work(application)),
  );
  void Promise.all(workers);

  return {
    get putIn() {
      return uploads.map(({ put, versions }) => ({ ...put, versions }));
    },
    open() {
      if (problems.length > 0) return `uploads that could not be made: ${problems.slice(0, 3).join('; ')}`;
      const open = uploads.filter(({ done }) => !done);
      if (open.length === 0) return undefined;
      const some = open.slice(0, 5).map(({ where }) => where);
      return `the ends of ${open.length} of ${uploads.length} uploads, such as ${some.join('; ')}`;
    },
    stop() {
      ending.abort();
      return Promise.resolve();
    },
  };
}
