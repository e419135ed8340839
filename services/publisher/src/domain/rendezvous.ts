/** FNV-1a over UTF-16 units with a final avalanche (murmur3's), 32 bits. Not for secrets; only to spread. */
export function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Rendezvous (highest random weight) hashing: which of the nodes a key belongs to. When a node comes or goes only the
 * keys of that node move.
 * @returns an index into `nodes`, or -1 when there are none
 */
export function rendezvous(key: string, nodes: readonly string[]): number {
  if (nodes.length === 1) return 0;
  let best = -1;
  let bestWeight = -1;
  for (const [index, node] of nodes.entries()) {
    const weight = spread(`${node}\n${key}`);
    if (weight > bestWeight) {
      best = index;
      bestWeight = weight;
    }
  }
  return best;
}
