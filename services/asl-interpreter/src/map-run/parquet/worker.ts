import { parentPort, workerData } from 'node:worker_threads';
import { decodeRows, ParquetProblem } from './decode.ts';
import type { Answer, Work } from './read-parquet.ts';

// What a thread is started with is what read-parquet.ts gave it.
const { body, most }: Work = workerData;
try {
  answer({ rows: JSON.stringify(await decodeRows(Buffer.from(body), most)) });
} catch (error) {
  if (!(error instanceof ParquetProblem)) throw error;
  answer({ problem: error.message });
}

function answer(message: Answer): void {
  parentPort?.postMessage(message);
}
