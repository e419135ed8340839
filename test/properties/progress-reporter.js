import { relative } from 'node:path';

const EVERY_MS = 30_000;

/** Vitest reporter: says every half minute which files are under way, so that a long run does not look like one that hangs. */
export default class ProgressReporter {
  #running = new Map();
  #done = 0;
  #timer;

  onTestRunStart(specifications) {
    const beganMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const seconds = (sinceMs) => Math.round((nowMs - sinceMs) / 1_000);
      const running = [...this.#running].map(([path, sinceMs]) => `${path} (${seconds(sinceMs)} s)`);
      process.stdout.write(
        `[${seconds(beganMs)} s] ${this.#done} of ${specifications.length} files done; running: ${running.join(', ')}\n`,
      );
    }, EVERY_MS);
    this.#timer.unref();
  }

  onTestModuleStart({ moduleId }) {
    this.#running.set(relative(process.cwd(), moduleId), performance.now());
  }

  onTestModuleEnd({ moduleId }) {
    this.#running.delete(relative(process.cwd(), moduleId));
    this.#done += 1;
  }

  onTestRunEnd() {
    clearInterval(this.#timer);
  }
}
