export interface Lru<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
}
export function createLru<K extends string | number, V extends string | number | object>(options: {
  readonly maxBytes: number;
  readonly bytesOf: (value: V, key: K) => number;
}): Lru<K, V> {
  const map = new Map<K, { value: V; bytes: number }>();
  let bytes = 0;
  const drop = (key: K) => {
    bytes -= map.get(key)?.bytes ?? 0;
    map.delete(key);
  };
  return {
    get(key) {
      const one = map.get(key);
      if (one === undefined) return undefined;
      map.delete(key);
      map.set(key, one);
      return one.value;
    },
    set(key, value) {
      drop(key);
      const own = options.bytesOf(value, key);
      map.set(key, { value, bytes: own });
      bytes += own;
      for (const oldest of map.keys()) {
        if (bytes <= options.maxBytes) return;
        drop(oldest);
      }
    },
    delete: drop,
  };
}
