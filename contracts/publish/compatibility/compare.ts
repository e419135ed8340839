import type { Change, Direction } from './change.ts';
import { definitionsOf, messagesByDirection, type ContractDocument } from './document.ts';
import { compareDocuments } from './document-diff.ts';
import { compareLimits } from './limit-diff.ts';
import { compareSchemas } from './schema-diff.ts';

/** Every difference between two documents that a reader or a client could notice; wording of schemas is none. */
export function compareContracts(before: ContractDocument, after: ContractDocument): readonly Change[] {
  return [
    ...compareDocuments(before, after),
    ...compareMessages(before, after),
    ...compareTypeNames(before, after),
    ...compareLimits(before, after),
  ];
}

function compareMessages(before: ContractDocument, after: ContractDocument): Change[] {
  const [old, fresh] = [definitionsOf(before), definitionsOf(after)];
  const [oldMessages, freshMessages] = [messagesByDirection(before), messagesByDirection(after)];
  return (['sent', 'received'] satisfies Direction[]).flatMap((direction) =>
    // A message that is gone is a change of the document, which reports it.
    oldMessages[direction]
      .filter((name) => freshMessages[direction].includes(name) && fresh[name] !== undefined)
      .flatMap((name) => compareSchemas(name, direction, old, fresh)),
  );
}

/** The published types have the names of the schemas. */
function compareTypeNames(before: ContractDocument, after: ContractDocument): Change[] {
  const { schemas } = after.components;
  return Object.keys(before.components.schemas)
    .filter((name) => schemas[name] === undefined)
    .map((name) => ({ kind: 'breaking', where: `type ${name}`, what: 'the type was removed or renamed' }));
}

type Version = readonly [major: number, minor: number, patch: number];

function versionOf({ info }: ContractDocument): Version {
  const [major = 0, minor = 0, patch = 0] = info.version.split('.').map(Number);
  return [major, minor, patch];
}

/**
 * What forbids to publish a document after the released one of the same folder, as sentences; none when it may be.
 * @param changelog text of contracts/CHANGELOG.md
 */
export function refusals(
  released: ContractDocument,
  next: ContractDocument,
  changelog: string,
): readonly string[] {
  const changes = compareContracts(released, next);
  const broken = changes.filter(({ kind }) => kind === 'breaking');
  if (broken.length > 0)
    return [
      ...broken.map(({ where, what }) => `breaking: ${where}: ${what}`),
      'a breaking change needs a new major version; docs/reference/contract.md says how',
    ];
  const [old, fresh] = [versionOf(released), versionOf(next)];
  const problems: string[] = [];
  if (old[0] !== fresh[0])
    problems.push(`version ${next.info.version} does not belong beside ${released.info.version}`);
  else if (changes.length > 0 && !(fresh[1] > old[1]))
    problems.push(
      `the contract grew since ${released.info.version}: raise the second number of CONTRACT_VERSION`,
    );
  else if (next.info.version === released.info.version && JSON.stringify(next) !== JSON.stringify(released))
    problems.push(
      `the wording changed since ${released.info.version}: raise the third number of CONTRACT_VERSION`,
    );
  else if (fresh[1] < old[1] || (fresh[1] === old[1] && fresh[2] < old[2]))
    problems.push(`version ${next.info.version} is older than the released ${released.info.version}`);
  if (!changelog.split('\n').some((line) => line.startsWith(`## ${next.info.version} `)))
    problems.push(`contracts/CHANGELOG.md has no section "## ${next.info.version} – date"`);
  return problems;
}
