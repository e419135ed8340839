const EVERY_MS = 30_000;

/** Jest reporter: says every half minute which files are under way, so that a long run does not look like one that hangs. */
export default class ProgressReporter {
  #running = new Map();
  #done = 0;
  #timer;

  onRunStart({ numTotalTestSuites }) {
    const beganMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const seconds = (sinceMs) => Math.round((nowMs - sinceMs) / 1_000);
      const running = [...this.#running].map(([path, sinceMs]) => `${path} (${seconds(sinceMs)} s)`);
      process.stdout.write(
        `[${seconds(beganMs)} s] ${this.#done} of ${numTotalTestSuites} files done; running: ${running.join(', ')}\n`,
      );
    }, EVERY_MS);
    this.#timer.unref();
  }

  onTestFileStart({ path, context }) {
    this.#running.set(path.slice(context.config.rootDir.length + 1), performance.now());
  }

  onTestFileResult({ path, context }) {
    this.#running.delete(path.slice(context.config.rootDir.length + 1));
    this.#done += 1;
  }

  onRunComplete() {
    clearInterval(this.#timer);
  }
}
