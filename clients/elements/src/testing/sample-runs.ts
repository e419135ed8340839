import { SampleRun, stepRef } from './sample-run.ts';

/** Up to the Map: a choice was made, a branch has been tried twice. */
export function begun(run = new SampleRun()): SampleRun {
  return run
    .tell('executionStarted')
    .wait(40)
    .step('Check the file', 900)
    .step('Large or small?', 4, 'Choice')
    .step('Plan for a large photo', 6, 'Pass')
    .start('Resize and analyse', 'Parallel')
    .start('Resize')
    .start('Analyse colours')
    .wait(1_300)
    .retry('Analyse colours', 2, 'States.Timeout')
    .wait(700)
    .end('Resize')
    .start('Sharpen')
    .wait(900)
    .end('Analyse colours', 'Task', 2)
    .wait(500)
    .end('Sharpen')
    .end('Resize and analyse', 'Parallel');
}

/** In the middle of a Map of nine, of which three are done, one after a retry. */
export function runningMap(): SampleRun {
  const run = begun().start('Look at each tile', 'Map');
  run.counts('Look at each tile', { total: 9, started: 0, succeeded: 0, failed: 0 });
  for (const index of [0, 1, 2]) run.start('Measure the tile', 'Task', [index]);
  run.wait(600).retry('Measure the tile', 2, 'Lambda.TooManyRequestsException', [1]).wait(500);
  for (const index of [0, 1, 2]) run.end('Measure the tile', 'Task', index === 1 ? 2 : 1, [index]);
  for (const index of [0, 1, 2]) run.start('Pause at the tile', 'Wait', [index]);
  run.wait(1_000);
  for (const index of [0, 1, 2]) run.end('Pause at the tile', 'Wait', 1, [index]);
  run.counts('Look at each tile', { total: 9, started: 3, succeeded: 3, failed: 0 });
  for (const index of [3, 4, 5]) run.start('Measure the tile', 'Task', [index]);
  return run.wait(400).retry('Measure the tile', 2, 'States.Timeout', [4]).wait(300);
}

/** To a good end. */
export function finished(): SampleRun {
  const run = begun().start('Look at each tile', 'Map');
  run.counts('Look at each tile', { total: 9, started: 0, succeeded: 0, failed: 0 });
  for (let index = 0; index < 9; index += 1)
    run
      .step('Measure the tile', 180 + index * 20, 'Task', [index])
      .step('Pause at the tile', 100, 'Wait', [index]);
  run.counts('Look at each tile', { total: 9, started: 9, succeeded: 9, failed: 0 });
  return run
    .end('Look at each tile', 'Map')
    .step('Sum up', 700)
    .step('Done', 1, 'Succeed')
    .tell('executionSucceeded');
}

/** It tried three times, and failed. */
export function failed(): SampleRun {
  const error = { name: 'States.Timeout', message: 'the service did not answer in time' };
  return begun()
    .start('Look at each tile', 'Map')
    .counts('Look at each tile', { total: 9, started: 0, succeeded: 0, failed: 0 })
    .start('Measure the tile', 'Task', [0])
    .start('Measure the tile', 'Task', [1])
    .wait(800)
    .retry('Measure the tile', 2, 'States.Timeout', [1])
    .end('Measure the tile', 'Task', 1, [0])
    .step('Pause at the tile', 400, 'Wait', [0])
    .wait(900)
    .retry('Measure the tile', 3, 'States.Timeout', [1])
    .wait(1_200)
    .fail('Measure the tile', error.name, error.message, [1], 3)
    .counts('Look at each tile', { total: 9, started: 2, succeeded: 1, failed: 1 })
    .tell('stepFailed', { step: stepRef('Look at each tile', 'Map', 1), error })
    .tell('executionFailed', { error });
}

/** A Map of thousands: some were tried again, two failed, some still run. */
export function thousands(total = 2_000, running = 40): SampleRun {
  const run = begun().start('Look at each tile', 'Map');
  run.counts('Look at each tile', { total, started: 0, succeeded: 0, failed: 0 });
  const failedOnes = new Set([412, 1_377]);
  for (let index = 0; index < total; index += 1) {
    run.start('Measure the tile', 'Task', [index]).wait(4);
    if (index % 700 === 5) run.retry('Measure the tile', 2, 'States.Timeout', [index]);
    if (index >= total - running) continue;
    if (failedOnes.has(index))
      run.fail('Measure the tile', 'DamagedTile', 'the tile cannot be read', [index]);
    else run.end('Measure the tile', 'Task', index % 700 === 5 ? 2 : 1, [index]);
    if (!failedOnes.has(index)) run.step('Pause at the tile', 1, 'Wait', [index]);
    const failedSoFar = [...failedOnes].filter((one) => one <= index).length;
    if (index % 100 === 99)
      run.counts('Look at each tile', {
        total,
        started: index + 1,
        succeeded: index + 1 - failedSoFar,
        failed: failedSoFar,
      });
  }
  return run;
}

/** A step that says how far it is. */
export function reporting(run = new SampleRun()): SampleRun {
  return run
    .tell('uploaded')
    .tell('executionStarted')
    .step('Check the file', 300)
    .start('Read the pages')
    .wait(4_000)
    .tell('stepReported', {
      step: { name: 'Read the pages', type: 'Task', attempt: 1 },
      report: { percent: 40, done: 4, total: 10, text: 'page 4 of 10' },
    })
    .wait(500);
}

/** Two steps side by side that say how far they are: one at its second attempt, one in as many words as there may be. */
export function reportingSideBySide(): SampleRun {
  return new SampleRun()
    .tell('executionStarted')
    .step('Check the file', 900)
    .step('Large or small?', 4, 'Choice')
    .step('Plan for a large photo', 6, 'Pass')
    .start('Resize and analyse', 'Parallel')
    .start('Resize')
    .start('Analyse colours')
    .wait(1_300)
    .retry('Analyse colours', 2, 'States.Timeout')
    .wait(700)
    .tell('stepReported', {
      step: { name: 'Analyse colours', type: 'Task', attempt: 2 },
      report: { percent: 60, text: 'counting its colours' },
    })
    .tell('stepReported', {
      step: { name: 'Resize', type: 'Task', attempt: 1 },
      report: {
        percent: 7,
        done: 1,
        total: 14,
        text: 'a copy for large screens; '.repeat(10).trim().slice(0, 256),
      },
    })
    .wait(400);
}
