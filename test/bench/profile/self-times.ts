import type { Profiler } from 'node:inspector';

export interface SelfTimes {
  /** By function, longest first: its name, file and line. */
  readonly functions: readonly (readonly [string, number])[];
  /** By package and folder, longest first. */
  readonly packages: readonly (readonly [string, number])[];
  /** Without what V8 calls idle. */
  readonly busySeconds: number;
}

/** `services/correlator/domain` of a source file of ours, the name of a package of npm, or what else it is. */
export function packageOf(url: string): string {
  const modules = url.lastIndexOf('/node_modules/');
  if (modules >= 0) {
    const [scope = '', name = ''] = url.slice(modules + '/node_modules/'.length).split('/');
    return scope.startsWith('@') ? `${scope}/${name}` : scope;
  }
  if (url.startsWith('node:')) return 'node';
  const ours = /\/(contracts|services\/[^/]+|test\/bench)\/(?:src\/)?([^/]*)/.exec(url);
  if (ours === null) return url === '' ? 'V8 and native code' : url;
  const [, name = '', folder = ''] = ours;
  return folder.endsWith('.ts') || folder === '' ? name : `${name}/${folder}`;
}

/** Adds up the samples of a CPU profile. */
export function selfTimes(profile: Profiler.Profile): SelfTimes {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let busySeconds = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const frame = nodes.get(id);
    const seconds = (profile.timeDeltas?.[index] ?? 0) / 1e6;
    if (frame === undefined || frame.functionName === '(idle)') continue;
    busySeconds += seconds;
    const place =
      frame.url === '' ? '' : ` ${frame.url.split('/').slice(-3).join('/')}:${frame.lineNumber + 1}`;
    const name = `${frame.functionName === '' ? '(anonymous)' : frame.functionName}${place}`;
    functions.set(name, (functions.get(name) ?? 0) + seconds);
    const isSpecial = frame.functionName.startsWith('(');
    const owner = isSpecial && frame.url === '' ? frame.functionName : packageOf(frame.url);
    packages.set(owner, (packages.get(owner) ?? 0) + seconds);
  }
  const sorted = (map: ReadonlyMap<string, number>) => [...map].sort(([, one], [, other]) => other - one);
  return { functions: sorted(functions), packages: sorted(packages), busySeconds };
}
