import { DEFAULT_TOPIC_NAMESPACE, MESSAGE_TYPES } from '@stepcast/contracts';
import { foldModule, foldTypes } from './code/fold.ts';
import { typesModule } from './code/types.ts';
import { validatorsModule, validatorsTypes } from './code/validators.ts';
import { asyncApiDocument, MESSAGES } from './document/document.ts';
import { readExamples } from './examples.ts';
import { referencePage } from './reference.ts';
import { readDefinitions } from './schemas/definitions.ts';
import { messageSchema } from './schemas/schema-files.ts';
import { documentProblems, exampleProblems, undescribed } from './validate.ts';
import { MAJOR } from './version.ts';

/** Everything that is generated from the sources. */
export interface Contract {
  readonly document: Readonly<Record<string, unknown>>;
  /** Text of each file by its name in the folder of the version. */
  readonly files: ReadonlyMap<string, string>;
  /** Text of docs/reference/contract.md. */
  readonly reference: string;
  /** What is wrong with the contract itself, whatever was published before. */
  readonly problems: readonly string[];
}

const json = (value: unknown) => JSON.stringify(value, null, 2);

/** @param format how a file of that name is written */
export async function generateContract(
  format: (name: string, text: string) => Promise<string>,
): Promise<Contract> {
  const definitions = readDefinitions();
  const examples = readExamples();
  const document = asyncApiDocument(definitions, examples);
  const schemas = new Map(MESSAGES.map((message) => [message, messageSchema(definitions, message)]));
  const unformatted = {
    'asyncapi.json': json(document),
    ...Object.fromEntries([...schemas].map(([message, schema]) => [`schemas/${message}.json`, json(schema)])),
    'types.d.ts': typesModule(definitions, MESSAGES),
    'validators.js': await validatorsModule(definitions, MESSAGES),
    'validators.d.ts': validatorsTypes(MESSAGES),
    'fold.js': await foldModule(),
    'fold.d.ts': foldTypes(Object.keys(definitions)),
  };
  const files = new Map<string, string>();
  for (const [name, text] of Object.entries(unformatted)) files.set(name, await format(name, text));
  return {
    document,
    files,
    reference: await format('contract.md', referencePage(files)),
    problems: [
      ...versionProblems(),
      ...undescribed(definitions),
      ...exampleProblems(schemas, examples),
      ...(await documentProblems(document)),
    ],
  };
}

/** The first number of the version stands in three places. */
function versionProblems(): string[] {
  const stated = [DEFAULT_TOPIC_NAMESPACE, ...Object.values(MESSAGE_TYPES)];
  return stated
    .filter((one) => !one.endsWith(`/${MAJOR}`) && !one.endsWith(`.${MAJOR}`))
    .map((one) => `${one} does not end with ${MAJOR}, as CONTRACT_VERSION does`);
}
