import type { Environment, EnvironmentEvent } from '../environment.port.ts';

/** A device whose network and page do as the test says. */
export class FakeEnvironment implements Environment {
  online = true;
  readonly #listeners = new Set<(event: EnvironmentEvent) => void>();

  observe(listener: (event: EnvironmentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes something happen; `online` and `offline` set {@link online} too. */
  tell(event: EnvironmentEvent): void {
    if (event === 'online' || event === 'offline') this.online = event === 'online';
    for (const listener of [...this.#listeners]) listener(event);
  }

  get observed(): number {
    return this.#listeners.size;
  }
}
