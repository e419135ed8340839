import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { Outcome } from '../judge.ts';
import { MARK, type Attack } from '../world.ts';
import { outcomeOf, type Trick } from './trick.ts';

function tagCall({ attacker, victim, sandbox: { info }, dice }: Attack): Promise<unknown> {
  const { s3 } = attacker;
  const VersionId = dice.pick([undefined, 'null', 'v1', '']);
  const at = { Bucket: info.bucket, Key: victim.key };
  const version = { ...at, ...(VersionId === undefined ? {} : { VersionId }) };
  const TagSet = [{ Key: dice.pick(['by', 'owner', 'cognito-identity']), Value: attacker.identityId }];
  const Tagging = `by=${MARK}`;
  return dice.pick<() => Promise<unknown>>([
    () => s3.send(new GetObjectTaggingCommand(version)),
    () => s3.send(new PutObjectTaggingCommand({ ...version, Tagging: { TagSet } })),
    () => s3.send(new DeleteObjectTaggingCommand(version)),
    () => s3.send(new PutObjectCommand({ ...at, Body: MARK, Tagging })),
    () => s3.send(new CreateMultipartUploadCommand({ ...at, Tagging })),
    () =>
      s3.send(
        new CopyObjectCommand({
          ...at,
          CopySource: `${info.bucket}/${attacker.prefix}own`,
          TaggingDirective: dice.pick(['COPY', 'REPLACE']),
        }),
      ),
  ])();
}

/** Ways to name an object of the victim as a source. */
function foreignSource({ attacker, victim, sandbox: { info }, dice }: Attack): string {
  const escaped = encodeURIComponent(victim.key);
  return dice.pick([
    `${info.bucket}/${victim.key}`,
    `/${info.bucket}/${escaped}`,
    `${info.bucket}/${escaped}?versionId=null`,
    `${info.bucket}/${attacker.prefix}..%2F${escaped.slice('users%2F'.length)}`,
    `${info.bucket}%2F${escaped}`,
    `//${info.bucket}/${escaped}`,
    `./${info.bucket}/${escaped}`,
    `arn:aws:s3:::${info.bucket}/${escaped}`,
  ]);
}

/** Out of the victim's object into an own upload, or out of an own object into the victim's upload. */
async function copyPart(attack: Attack): Promise<void> {
  const { attacker, victim, sandbox, dice } = attack;
  const { bucket: Bucket } = sandbox.info;
  const range = dice.pick([undefined, 'bytes=0-0', 'bytes=0-3', 'bytes=0-999999']);
  const part = { PartNumber: 1 + dice.int(3), ...(range === undefined ? {} : { CopySourceRange: range }) };
  if (dice.int(2) === 0) {
    const own = { Bucket, Key: `${attacker.prefix}parts` };
    const { UploadId } = await attacker.s3.send(new CreateMultipartUploadCommand(own));
    const copied = { ...own, ...part, UploadId, CopySource: foreignSource(attack) };
    await attacker.s3.send(new UploadPartCopyCommand(copied));
    return;
  }
  const source = { Bucket, Key: `${attacker.prefix}source` };
  await attacker.s3.send(new PutObjectCommand({ ...source, Body: MARK }));
  const Key = dice.pick([`${victim.prefix}${victim.secret}-open.bin`, `${attacker.prefix}${MARK}`]);
  await attacker.s3.send(
    new UploadPartCopyCommand({
      Bucket,
      Key,
      UploadId: victim.openUploadId,
      ...part,
      CopySource: `${Bucket}/${source.Key}`,
    }),
  );
}

/** Answered with 200, and each refusal in the list: an object of the victim that is not in it was deleted. */
async function deleteMany({ attacker, victim, sandbox, dice }: Attack): Promise<Outcome> {
  const VersionId = dice.pick([undefined, 'null']);
  const foreign = { Key: victim.key, ...(VersionId === undefined ? {} : { VersionId }) };
  const own = Array.from({ length: dice.int(5) }, (_, index) => ({ Key: `${attacker.prefix}${index}` }));
  const Objects = dice.pick([
    [foreign, ...own],
    [...own, foreign],
    [...own, foreign, foreign],
  ]);
  const Quiet = dice.int(2) === 0;
  const { Deleted = [], Errors = [] } = await attacker.s3.send(
    new DeleteObjectsCommand({ Bucket: sandbox.info.bucket, Delete: { Objects, Quiet } }),
  );
  const isRefused = Errors.some(({ Key, Code }) => Key === victim.key && Code === 'AccessDenied');
  return isRefused && !Deleted.some(({ Key }) => Key === victim.key) ? 'refused' : 'breach';
}

async function listVersions({ attacker, victim, sandbox, judge, dice }: Attack): Promise<Outcome> {
  const where = dice.pick([
    { Prefix: victim.prefix },
    {},
    { Prefix: '' },
    { Prefix: 'users/' },
    { Prefix: attacker.prefix, KeyMarker: victim.key },
    { Prefix: `${attacker.prefix}../` },
    { Delimiter: '/', Prefix: 'users/' },
  ]);
  const answer = await attacker.s3.send(
    new ListObjectVersionsCommand({ Bucket: sandbox.info.bucket, ...where }),
  );
  return judge.checkAnswer('versions', JSON.stringify(answer));
}

export const objectTricks: readonly Trick[] = [
  { name: 'tag objects of others', attempt: (attack) => outcomeOf(tagCall(attack), 'breach') },
  { name: 'copy parts from or to others', attempt: (attack) => outcomeOf(copyPart(attack), 'breach') },
  {
    name: 'delete objects of others among own ones',
    attempt: (attack) => deleteMany(attack).catch(() => 'refused' as const),
  },
  {
    name: 'list versions of others',
    attempt: (attack) => listVersions(attack).catch(() => 'refused' as const),
  },
];
