/** Counters of a sandbox, as a scraper of `/metrics` sees them. */
export interface Counters {
  /** Sum over the labels that agree. @param name without the prefix `stepcast_` */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

export async function readCounters(url: string): Promise<Counters> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  return {
    sum: (name, labels = {}) =>
      lines
        .filter((line) => line.startsWith(`stepcast_${name}{`) || line.startsWith(`stepcast_${name} `))
        .filter((line) =>
          Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
        )
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0),
  };
}

/** Reads the counters until they are as wanted, again and again without a pause. Rejects with what they were. */
export async function countersWhen(
  url: string,
  wanted: (counters: Counters) => boolean,
  describe: (counters: Counters) => string,
  timeoutMs = 20_000,
): Promise<Counters> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const counters = await readCounters(url);
    if (wanted(counters)) return counters;
    if (Date.now() > until)
      throw new Error(`the counters did not come to be as wanted: ${describe(counters)}`);
  }
}
