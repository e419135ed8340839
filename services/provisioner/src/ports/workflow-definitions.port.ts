/** Definitions of state machines, as their owner wrote them. */
export interface WorkflowDefinitions {
  /**
   * The text of a definition, in Amazon States Language.
   * @throws DirectoryUnavailableError when it cannot be had
   */
  definitionOf(stateMachineName: string): Promise<string>;
}
