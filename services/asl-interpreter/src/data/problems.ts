export type DataErrorName =
  | 'States.Runtime'
  | 'States.IntrinsicFailure'
  | 'States.QueryEvaluationError'
  | 'States.ItemReaderFailed'
  | 'States.ResultWriterFailed'
  | 'States.DataLimitExceeded';

/**
 * Something in the data or the definition that stops a state while it runs. The state that runs turns it into a failure
 * whose cause names the state and the event it was entered at.
 */
export class DataProblem extends Error {
  readonly errorName: DataErrorName;
  /** Field of the state whose JSONata expression failed: such a problem has an event of its own, EvaluationFailed. */
  readonly location: string | undefined;
  constructor(detail: string, errorName: DataErrorName = 'States.Runtime', location?: string) {
    super(detail);
    this.name = 'DataProblem';
    this.errorName = errorName;
    this.location = location;
  }
}
