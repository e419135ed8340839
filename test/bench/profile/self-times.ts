import type { Profiler } from 'node:inspector';

export interface SelfTimes {
  /** By function, longest first: name, file and line. What Node and V8 do counts for the function that asks for it. */
  readonly functions: readonly (readonly [string, number])[];
  /** The same by package and folder. */
  readonly packages: readonly (readonly [string, number])[];
  /** Without idle time, and without what starts the profiler. */
  readonly busySeconds: number;
}

/** Not the work of what is measured. */
const LEFT_OUT = new Set(['(idle)', '(program)', 'post']);
const GARBAGE = '(garbage collector)';

/** `services/correlator/domain` of a file of ours, the name of a package of npm, or undefined for Node and V8. */
export function packageOf(url: string): string | undefined {
  const modules = url.lastIndexOf('/node_modules/');
  if (modules >= 0) {
    const [scope = '', name = ''] = url.slice(modules + '/node_modules/'.length).split('/');
    return scope.startsWith('@') ? `${scope}/${name}` : scope;
  }
  const ours = /\/(contracts|services\/[^/]+|test\/bench)\/(?:src\/)?([^/]*)/.exec(url);
  if (ours === null) return undefined;
  const [, name = '', folder = ''] = ours;
  return folder.endsWith('.ts') || folder === '' ? name : `${name}/${folder}`;
}

/** Adds up the samples of a CPU profile. */
export function selfTimes(profile: Pick<Profiler.Profile, 'nodes' | 'samples' | 'timeDeltas'>): SelfTimes {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let busySeconds = 0;

  /** The frame itself, or the nearest one below it that is not of Node or V8. */
  function ownerOf(id: number): readonly [string, string] {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = nodes.get(at)?.callFrame;
      const owner = packageOf(frame?.url ?? '');
      if (frame === undefined || owner === undefined) continue;
      const file = frame.url.split('/').slice(-2).join('/');
      const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
      return [`${name} ${owner} ${file}:${frame.lineNumber + 1}`, owner];
    }
    return ['Node and V8 alone', 'Node and V8 alone'];
  }

  for (const [index, id] of (profile.samples ?? []).entries()) {
    const name = nodes.get(id)?.callFrame.functionName ?? '';
    if (LEFT_OUT.has(name)) continue;
    const seconds = (profile.timeDeltas?.[index] ?? 0) / 1e6;
    busySeconds += seconds;
    const [what, owner] = name === GARBAGE ? [GARBAGE, GARBAGE] : ownerOf(id);
    functions.set(what, (functions.get(what) ?? 0) + seconds);
    packages.set(owner, (packages.get(owner) ?? 0) + seconds);
  }
  const sorted = (map: ReadonlyMap<string, number>) => [...map].sort(([, one], [, other]) => other - one);
  return { functions: sorted(functions), packages: sorted(packages), busySeconds };
}
