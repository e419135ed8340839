import * as z from 'zod';
import { Refusal, type Service } from '../aws-json.ts';
import { StubStore, type StoreCounts } from './store-service.ts';

const Named = z.object({
  TableName: z.string().optional(),
  RequestItems: z.record(z.string(), z.unknown()).optional(),
  Statements: z.array(z.object({ Statement: z.string() })).optional(),
});
const STATEMENT_TABLE = /^INSERT INTO "([^"]+)"/;

/** One {@link StubStore} for each table: deployments that are measured side by side must not see one another. */
export class StubStores {
  readonly #stores = new Map<string, StubStore>();
  readonly #maxItems: number;

  /** @param options.maxItems of each table */
  constructor(options: { readonly maxItems: number }) {
    this.#maxItems = options.maxItems;
  }

  /** Counts of one table since they were taken last. */
  takeCounts(table: string): StoreCounts {
    return this.#storeOf(table).takeCounts();
  }

  readonly service: Service = (operation, request) => {
    const { TableName, RequestItems = {}, Statements = [] } = Named.parse(request);
    const [inBatch] = Object.keys(RequestItems);
    const inStatement = STATEMENT_TABLE.exec(Statements[0]?.Statement ?? '')?.[1];
    const table = TableName ?? inBatch ?? inStatement;
    if (table === undefined) throw new Refusal('ValidationException', `no table in ${operation}`);
    return this.#storeOf(table).service(operation, request);
  };

  #storeOf(table: string): StubStore {
    let store = this.#stores.get(table);
    if (store === undefined) {
      store = new StubStore({ maxItems: this.#maxItems });
      this.#stores.set(table, store);
    }
    return store;
  }
}
