type Item = Readonly<
  Record<string, { readonly S?: string | undefined; readonly N?: string | undefined } | undefined>
>;

/** As much of a request to DynamoDB as the few operations on the journal table need. */
export interface TableRequest {
  /** Of a batch of PartiQL, which this table refuses as an unknown operation. */
  readonly Statements?: readonly unknown[] | undefined;
  readonly Item?: Item | undefined;
  readonly Key?: Item | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly ScanIndexForward?: boolean | undefined;
  readonly Limit?: number | undefined;
  /** `sk`, or nothing. */
  readonly ProjectionExpression?: string | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
  readonly RequestItems?:
    | Readonly<
        Record<
          string,
          readonly {
            readonly DeleteRequest?: { readonly Key: Item | undefined } | undefined;
            readonly PutRequest?: { readonly Item: Item | undefined } | undefined;
          }[]
        >
      >
    | undefined;
}

export const CONDITION_FAILED = 'ConditionalCheckFailedException';

/** The journal table in memory: answers as DynamoDB does, and forgets what is older than its newest items. */
export class BenchTable {
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #maxItems: number;
  #order: [string, string][] = [];

  /** @param maxItems this many are kept at least, twice as many at most */
  constructor(maxItems: number) {
    this.#maxItems = maxItems;
  }

  /** @returns the answer, or the name of an error */
  respond(operation: string, request: TableRequest): object | string {
    switch (operation) {
      case 'PutItem': {
        const ifAbsent = request.ConditionExpression?.startsWith('attribute_not_exists(#') === true;
        return this.#put(request.Item ?? {}, ifAbsent) ? {} : CONDITION_FAILED;
      }
      case 'GetItem': {
        const found = this.#partitions.get(request.Key?.pk?.S ?? '')?.get(request.Key?.sk?.S ?? '');
        return found === undefined ? {} : { Item: found };
      }
      case 'DeleteItem':
        this.#remove(request.Key);
        return {};
      case 'BatchWriteItem':
        for (const requests of Object.values(request.RequestItems ?? {}))
          for (const { DeleteRequest, PutRequest } of requests) {
            if (DeleteRequest !== undefined) this.#remove(DeleteRequest.Key);
            if (PutRequest !== undefined) this.#put(PutRequest.Item ?? {}, false);
          }
        return { UnprocessedItems: {} };
      case 'Query':
        return this.#query(request);
      default:
        return 'UnknownOperationException';
    }
  }

  #query(request: TableRequest): object {
    const values = request.ExpressionAttributeValues ?? {};
    const prefix = values[':sk']?.S ?? values[':upload']?.S ?? '';
    const partition = this.#partitions.get(values[':pk']?.S ?? '') ?? new Map<string, Item>();
    const items = [...partition]
      .filter(([sk]) => sk.startsWith(prefix))
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, item]) => item);
    if (request.ScanIndexForward === false) items.reverse();
    const some = items.slice(0, request.Limit ?? items.length);
    const keysOnly = request.ProjectionExpression !== undefined;
    return { Items: keysOnly ? some.map(({ sk }) => ({ sk })) : some, Count: some.length };
  }

  #put(item: Item, ifAbsent: boolean): boolean {
    const [pk, sk] = [item.pk?.S ?? '', item.sk?.S ?? ''];
    let partition = this.#partitions.get(pk);
    if (partition === undefined) {
      partition = new Map();
      this.#partitions.set(pk, partition);
    }
    if (ifAbsent && partition.has(sk)) return false;
    if (!partition.has(sk)) this.#order.push([pk, sk]);
    partition.set(sk, item);
    if (this.#order.length > 2 * this.#maxItems)
      for (const [oldPk, oldSk] of this.#order.splice(0, this.#maxItems))
        this.#remove({ pk: { S: oldPk }, sk: { S: oldSk } });
    return true;
  }

  #remove(key: Item | undefined): void {
    const pk = key?.pk?.S ?? '';
    const partition = this.#partitions.get(pk);
    partition?.delete(key?.sk?.S ?? '');
    if (partition?.size === 0) this.#partitions.delete(pk);
  }
}
