/**
 * The environment of the process that bundles. rolldown's allocator, mimalloc, commits a gigabyte when it starts. Where Linux backs that with
 * huge pages, the kernel clears most of it, which was more than half of the time of `npm run synth`. mimalloc reads the variable when the
 * library is loaded, so the process must begin with it.
 */
export function bundlerEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, MIMALLOC_ARENA_EAGER_COMMIT: '0' };
}
