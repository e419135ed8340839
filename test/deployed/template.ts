import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');

const Resource = z.looseObject({ Type: z.string(), DependsOn: z.unknown().optional() });
const Template = z.looseObject({ Resources: z.record(z.string(), Resource) });
export type Template = z.output<typeof Template>;
const Assets = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.enum(['zip', 'file']) }),
      destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
    }),
  ),
});

/** A folder or file that the template refers to, and where CloudFormation fetches it from. */
export interface Asset {
  readonly path: string;
  readonly objectKey: string;
  readonly isFolder: boolean;
}

export interface Synthesized {
  readonly template: Template;
  readonly assets: readonly Asset[];
}

/** What `npm run synth` writes for these settings, in a folder of its own. */
export async function synthesize(folder: string, settings: object): Promise<Synthesized> {
  const settingsPath = join(folder, 'settings.json');
  const out = join(folder, 'cdk.out');
  await writeFile(settingsPath, JSON.stringify(settings));
  await runCommand(
    process.execPath,
    [
      '--conditions=stepcast-source',
      join(ROOT, 'infra', 'cdk', 'src', 'main.ts'),
      ...['--settings', settingsPath, '--out', out],
    ],
    { cwd: ROOT, timeoutMs: 600_000 },
  );
  const template = await read(Template, join(out, 'Stepcast.template.json'));
  const { files } = await read(Assets, join(out, 'Stepcast.assets.json'));
  const assets = Object.values(files).flatMap(({ source, destinations }) =>
    source.path === 'Stepcast.template.json'
      ? []
      : Object.values(destinations).map(({ objectKey }) => ({
          path: join(out, source.path),
          objectKey,
          isFolder: source.packaging === 'zip',
        })),
  );
  return { template, assets };
}

async function read<S extends z.ZodType>(schema: S, path: string): Promise<z.output<S>> {
  const parsed = parseJson(schema, await readFile(path, 'utf8'));
  if (!parsed.ok) throw new Error(`${path}: ${describeIssues(parsed.issues)}`);
  return parsed.value;
}

export interface Reduced {
  readonly template: Template;
  /** Types of resources that were taken out. */
  readonly types: readonly string[];
  /** What referred to them and went with them: `Type.Property`. */
  readonly properties: readonly string[];
}

/** The template without resources of these types, and without what refers to them. */
export function without(template: Template, leftOut: readonly string[]): Reduced {
  const gone = new Set(
    Object.entries(template.Resources).flatMap(([id, { Type }]) => (leftOut.includes(Type) ? [id] : [])),
  );
  const properties = new Set<string>();
  const Resources = Object.fromEntries(
    Object.entries(template.Resources).flatMap(([id, resource]) => {
      if (gone.has(id)) return [];
      const { DependsOn, ...rest } = resource;
      const dependsOn = [DependsOn].flat().filter((one) => typeof one === 'string' && !gone.has(one));
      const scrubbed = scrub(rest, (property) => properties.add(`${resource.Type}.${property}`), gone);
      return [
        [id, Resource.parse({ ...scrubbed, ...(dependsOn.length === 0 ? {} : { DependsOn: dependsOn }) })],
      ];
    }),
  );
  return {
    template: { ...template, Resources },
    types: leftOut.filter((type) => Object.values(template.Resources).some(({ Type }) => Type === type)),
    properties: [...properties],
  };
}

const Reference = z.union([
  z.strictObject({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z
    .strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
    .transform((one) => one['Fn::GetAtt'][0]),
]);

const Fields = z.record(z.string(), z.unknown());

/** A copy without the properties whose value is a reference to what is gone. */
function scrub(
  value: unknown,
  onGone: (property: string) => void,
  gone: ReadonlySet<string>,
): Record<string, unknown> {
  const visit = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(visit);
    const fields = typeof one === 'object' && one !== null ? Fields.safeParse(one).data : undefined;
    if (fields === undefined) return one;
    return Object.fromEntries(
      Object.entries(fields).flatMap(([name, inner]) => {
        const reference = Reference.safeParse(inner).data;
        if (reference === undefined || !gone.has(reference)) return [[name, visit(inner)]];
        onGone(name);
        return [];
      }),
    );
  };
  return Fields.parse(visit(value));
}

/** The template without the statements that refuse requests without TLS, and how many these were. */
export function withoutTlsOnly(template: Template): { readonly template: Template; readonly count: number } {
  let count = 0;
  const Statement = z.looseObject({
    Effect: z.literal('Deny'),
    Condition: z.strictObject({ Bool: z.strictObject({ 'aws:SecureTransport': z.literal('false') }) }),
  });
  const visit = (one: unknown): unknown => {
    if (Array.isArray(one))
      return one.flatMap((inner) => {
        if (!Statement.safeParse(inner).success) return [visit(inner)];
        count += 1;
        return [];
      });
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, visit(inner)]));
  };
  const changed = Template.parse(visit(template));
  // A queue policy of denies alone has no statement left, and AWS takes no empty one.
  const empty = (resource: z.output<typeof Resource>) =>
    /Policy$/.test(resource.Type) && JSON.stringify(resource).includes('"Statement":[]');
  const Resources = Object.fromEntries(
    Object.entries(changed.Resources).filter(([, resource]) => !empty(resource)),
  );
  return { template: { ...changed, Resources }, count };
}
