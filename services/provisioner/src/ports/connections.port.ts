/** Open MQTT connections. */
export interface Connections {
  /**
   * Ends the connection of a client.
   * @returns whether there was one
   * @throws DirectoryUnavailableError
   */
  cut(clientId: string): Promise<boolean>;
}
