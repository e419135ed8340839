import type { CorrelationPorts } from '../application/correlation.ts';
import type { createInMemoryPorts } from './in-memory-ports.ts';

/** The ports, with every call of a store counted under `port.method`. */
export function countCalls(ports: ReturnType<typeof createInMemoryPorts>): {
  readonly ports: CorrelationPorts;
  readonly calls: ReadonlyMap<string, number>;
} {
  const calls = new Map<string, number>();
  const counted = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get(target, method) {
        const value: unknown = Reflect.get(target, method);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]): unknown => {
          const key = `${name}.${String(method)}`;
          calls.set(key, (calls.get(key) ?? 0) + 1);
          return Reflect.apply(value, target, args);
        };
      },
    });
  return {
    calls,
    ports: {
      ...ports,
      journal: counted('journal', ports.journal),
      executions: counted('executions', ports.executions),
      watchList: counted('watchList', ports.watchList),
      uploads: counted('uploads', ports.uploads),
      waitingRoom: counted('waitingRoom', ports.waitingRoom),
      machines: counted('machines', ports.machines),
    },
  };
}
