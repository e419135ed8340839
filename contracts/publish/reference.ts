import { addressOfTopic, MQTT_CHANNELS } from './document/channels.ts';
import { MESSAGES } from './document/document.ts';
import { LIMITS, limitText } from './document/limits.ts';
import { RULES } from './document/rules.ts';
import { CONTRACT_VERSION, MAJOR } from './version.ts';

const code = (text: string) => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const BINDS = {
  sent: 'what the service sends',
  received: 'what the service accepts',
  both: 'both sides',
} as const;
const kilobytes = (text: string) => `${(Buffer.byteLength(text) / 1024).toFixed(1)} KB`;

/** `docs/reference/contract.md`. @param published text of each published file by its name */
export function referencePage(published: ReadonlyMap<string, string>): string {
  const folder = `../../contracts/published/${MAJOR}`;
  const size = (file: string) => kilobytes(published.get(file) ?? '');
  const link = (file: string) => `[${file}](${folder}/${file})`;
  const files = [
    [
      'asyncapi.json',
      'AsyncAPI 3.1: servers, channels, operations, bindings, security, examples, limits and rules',
    ],
    ['types.d.ts', 'TypeScript types of every message and of all that they hold'],
    ['validators.js', 'a validator of each message, compiled by Ajv; one ES module that imports nothing'],
    ['fold.js', 'the fold that services and clients share; one ES module that imports nothing'],
  ].map(([file = '', what = '']) => [link(file), size(file), what]);
  const channels = Object.values(MQTT_CHANNELS).map(({ topic, message, action, retain }) => [
    code(addressOfTopic(topic)),
    action === 'receive' ? 'receives' : 'sends',
    `[${message}](${folder}/schemas/${message}.json)`,
    retain ? 'yes' : 'no',
  ]);
  const limits = Object.values(LIMITS).map((limit) => [
    limitText(limit),
    BINDS[limit.binds],
    limit.description,
  ]);
  const bodies = MESSAGES.filter(
    (name) => !Object.values(MQTT_CHANNELS).some(({ message }) => message === name),
  );
  return `<!-- Written by \`npm run contracts:publish\`. Change contracts/publish, and run it again. -->

# The published contract

Version ${CONTRACT_VERSION}. What an integrator needs to read or write the messages of Stepcast in any language, generated from the schemas
that the services use. [CHANGELOG](../../contracts/CHANGELOG.md) has the versions.

${table(['file', 'size', 'what it is'], files)}

\`schemas/\` has a JSON Schema (2020-12) for each message, with everything it refers to inside. Bodies of HTTP:
${bodies.map((name) => `[${name}](${folder}/schemas/${name}.json)`).join(', ')}. Validators check the whole schema except \`format\`: every
format stands beside a stricter pattern.

## Topics

Operations are from the view of a reader. All messages are published with QoS 1.

${table(['topic', 'a reader', 'message', 'retained'], channels)}

## Rules

${Object.values(RULES)
  .map((rule) => `- ${rule}`)
  .join('\n')}

## Limits

${table(['limit', 'binds', 'meaning'], limits)}

## Compatibility

Readers ignore fields that they do not know, so the contract can grow. What is harmless depends on who sends: an old reader reads what
the service sends now, and the service reads what an old client sends.

| change                                                | in what the service sends | in what the service accepts |
| ----------------------------------------------------- | ------------------------- | --------------------------- |
| add an optional field                                 | harmless                  | harmless                    |
| add a required field                                  | harmless                  | breaking                    |
| remove or rename a field                              | breaking                  | breaking                    |
| an optional field becomes required                    | harmless                  | breaking                    |
| a required field becomes optional                     | breaking                  | harmless                    |
| add a value to a list, an alternative, or null        | breaking                  | harmless                    |
| add a value to an open list (\`ProgressEventKind\`)     | harmless                  | harmless                    |
| remove a value of a list, or an alternative           | breaking                  | breaking                    |
| tighten a bound; number becomes integer; null is gone | harmless                  | breaking                    |
| relax a bound; integer becomes number                 | breaking                  | harmless                    |
| another pattern, format or type                       | breaking                  | breaking                    |

What both directions use, such as \`Position\`, has to satisfy both. A limit on what is sent may only fall, a limit on what is accepted
only rise. Topics, parameters, QoS, retain, content types and security may not change; channels, operations, servers and ways to sign
in may be added. A type that is renamed is breaking. What the tools cannot classify counts as breaking.

[baseline/asyncapi.json](${folder}/baseline/asyncapi.json) is the version that was last released. \`npm run contracts:check\` compares
with it, and fails on a breaking change, on a version that was not raised, on a missing section in the changelog, on a file that is not
what the sources say, on anything the AsyncAPI parser reports, and on an example that its schema refuses.

- **A harmless change:** raise the second number of \`CONTRACT_VERSION\` in [version.ts](../../contracts/publish/version.ts) (the third for
  wording alone), add a section to the changelog, run \`npm run contracts:publish\`.
- **A release:** \`npm run contracts:publish -- --release\` moves the baseline. From then on, what was added is promised.
- **A breaking change:** raise the first number, and with it the topic namespace and the types of the messages. Files go to a folder
  of their own; the old one stays as it is, for as long as a service speaks it.
`;
}
