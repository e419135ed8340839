import { parentPort, workerData } from 'node:worker_threads';
import { decodeRows, ParquetProblem } from './decode.ts';
import { Work, type Answer } from './work.ts';

const { body, most } = Work.parse(workerData);
try {
  answer({ rows: JSON.stringify(await decodeRows(Buffer.from(body), most)) });
} catch (error) {
  if (!(error instanceof ParquetProblem)) throw error;
  answer({ problem: error.message });
}

function answer(message: Answer): void {
  parentPort?.postMessage(message);
}
