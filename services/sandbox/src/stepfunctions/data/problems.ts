/**
 * Something in the data or the definition that stops a state while it runs. The state that runs turns it into a failure
 * whose cause names the state and the event it was entered at.
 */
export class DataProblem extends Error {
  readonly errorName: 'States.Runtime' | 'States.IntrinsicFailure';
  constructor(detail: string, errorName: DataProblem['errorName'] = 'States.Runtime') {
    super(detail);
    this.name = 'DataProblem';
    this.errorName = errorName;
  }
}
