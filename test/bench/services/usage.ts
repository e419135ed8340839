import type { Usage } from '../questions.ts';

/** What this process has used since it started, and how much memory it has now. */
export function usageNow(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuSeconds: (user + system) / 1e6, rssMb: rss / 1e6, heapMb: heapUsed / 1e6 };
}
