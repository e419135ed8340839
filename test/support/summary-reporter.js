import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const file = process.env.STEPCAST_NOT_RUN_FILE ?? join(import.meta.dirname, '..', 'output', 'not-run.jsonl');

/** Vitest reporter: at the end says which real parts the tests ran against, what did not run and why, and the count. */
export default class SummaryReporter {
  #seed;

  onInit(vitest) {
    this.#seed = vitest.config.sequence.seed;
  }

  onTestRunStart() {
    rmSync(file, { force: true });
  }

  onTestRunEnd(modules) {
    const lines = existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];
    const unique = (pick) => [
      ...new Map(lines.filter(pick).map((line) => [JSON.stringify(line), line])).values(),
    ];
    const used = unique((line) => line.used !== undefined);
    const notRun = unique((line) => line.notRun !== undefined);
    const out = [];
    if (used.length > 0) {
      out.push('', 'Tested against:');
      for (const line of used) out.push(`  ${line.used}: ${line.which}`);
    }
    const figures = unique((line) => line.figure !== undefined);
    if (figures.length > 0) {
      out.push('', 'Measured:');
      for (const line of figures) out.push(`  ${line.figure}: ${line.value}`);
    }
    const properties = lines.filter((line) => line.property !== undefined);
    if (properties.length > 0) {
      out.push(
        '',
        `Properties (seed ${this.#seed}; the same cases again with --sequence.seed=${this.#seed}):`,
      );
      const folders = Map.groupBy(properties, (line) => line.file.split('/src/')[0]);
      for (const folder of [...folders.keys()].sort()) {
        const cases = folders.get(folder).map((line) => line.cases);
        const [least, most] = [Math.min(...cases), Math.max(...cases)].map((count) =>
          count.toLocaleString('en'),
        );
        const range = least === most ? `${least} cases each` : `${least} to ${most} cases`;
        out.push(`  ${folder}: ${cases.length}, ${range}, no counterexample`);
      }
    }
    if (notRun.length > 0) {
      out.push('', `NOT RUN (${notRun.length}):`);
      for (const line of notRun) out.push(`  ${line.notRun}`, `    because ${line.why}`);
    }
    const states = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    );
    const count = (state) => states.filter((each) => each === state).length;
    // A file that does not load has no tests, and is a failure all the same.
    const broken = modules.filter((module) => module.state() === 'failed' && !hasFailedTest(module)).length;
    out.push(
      '',
      `${count('passed')} passed, ${count('failed') + broken} failed, ${count('skipped') + count('pending') + notRun.length} skipped`,
      '',
    );
    process.stdout.write(out.join('\n'));
  }
}

function hasFailedTest(module) {
  return [...module.children.allTests('failed')].length > 0;
}
