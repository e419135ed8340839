import { parseJson } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';

/** One form of `docker-compose.yml` or its sibling, and what has to be seen of it. */
export interface Form {
  readonly file: string;
  readonly profile: string;
  /** Services that run on, by name. */
  readonly services: readonly string[];
  /** Of these, the services of Stepcast that answer `/livez` and `/readyz` on port 8080. */
  readonly answering: readonly string[];
}

export const FORMS = {
  sandbox: {
    file: 'docker-compose.yml',
    profile: 'sandbox',
    services: ['sandbox', 'engine', 'provisioner'],
    answering: ['engine', 'provisioner'],
  },
  stores: {
    file: 'docker-compose.yml',
    profile: 'stores',
    services: ['sandbox', 'engine-on-stores', 'provisioner', 'dynamodb', 'mosquitto'],
    answering: ['engine-on-stores', 'provisioner'],
  },
  apart: {
    file: 'docker-compose.apart.yml',
    profile: 'sandbox',
    services: ['sandbox', 'forwarder', 'correlator', 'publisher', 'provisioner'],
    answering: ['forwarder', 'correlator', 'publisher', 'provisioner'],
  },
} as const satisfies Record<string, Form>;

/** `docker compose` where there is one, else the older `docker-compose`. */
async function composeCommand(): Promise<readonly [string, readonly string[]]> {
  try {
    await runCommand('docker', ['compose', 'version'], { timeoutMs: 30_000 });
    return ['docker', ['compose']];
  } catch {
    return ['docker-compose', []];
  }
}

/** Runs Compose for a form. Building the images takes minutes. */
export async function compose({ file, profile }: Form, ...args: readonly string[]): Promise<string> {
  const [command, first] = await composeCommand();
  const { stdout } = await runCommand(command, [...first, '-f', file, '--profile', profile, ...args], {
    timeoutMs: 1_800_000,
  });
  return stdout;
}

const Container = z.object({
  Name: z.string(),
  Image: z.string(),
  Config: z.object({ User: z.string() }),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean(),
    CapDrop: z.array(z.string()).nullable(),
    Init: z.boolean().nullish(),
    Memory: z.number(),
    PidsLimit: z.number().nullable(),
    RestartPolicy: z.object({ Name: z.string() }),
  }),
});

/** What is wrong with how a container is confined; empty when nothing is. */
function looseEnds({ Name, Config, HostConfig: host }: z.infer<typeof Container>): readonly string[] {
  const wrong = [
    ...(host.ReadonlyRootfs ? [] : ['its root file system can be written']),
    ...(host.CapDrop?.includes('ALL') === true ? [] : ['it has capabilities']),
    ...(host.Init === true ? [] : ['it has no init process']),
    ...(host.Memory > 0 && (host.PidsLimit ?? 0) > 0 ? [] : ['it has no limits']),
    ...(host.RestartPolicy.Name === 'unless-stopped' ? [] : ['it is not started again']),
    ...(['', '0', 'root'].includes(Config.User) ? ['it runs as root'] : []),
  ];
  return wrong.map((what) => `${Name}: ${what}`);
}

/**
 * Checks every container that runs.
 * @throws Error naming what is not confined as it should be
 */
export async function checkConfinement(form: Form): Promise<void> {
  const ids = (await compose(form, 'ps', '-q', ...form.services)).split('\n').filter((id) => id !== '');
  if (ids.length < form.services.length)
    throw new Error(`${ids.length} of ${form.services.length} containers run`);
  const { stdout } = await runCommand('docker', ['inspect', ...ids], { timeoutMs: 60_000 });
  const parsed = parseJson(z.array(Container), stdout);
  if (!parsed.ok) throw new Error('docker inspect answers in another form');
  const wrong = parsed.value.flatMap(looseEnds);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
}

/** Sizes of the images of Stepcast, in megabytes, by name. */
export async function imageSizes(form: Form): Promise<string> {
  const names = form.services
    .map((service) => service.replace(/-on-.*$/, ''))
    .map((name) => `stepcast/${name}`);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const inspect = ['image', 'inspect', '--format', '{{.Size}}', name];
      const { stdout } = await runCommand('docker', inspect, { timeoutMs: 60_000 }).catch(() => ({
        stdout: '',
      }));
      return stdout === '' ? [] : [`${name} ${Math.round(Number(stdout) / 1e6)} MB`];
    }),
  );
  return sizes.flat().join(', ');
}
