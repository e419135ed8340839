import type { MqttClient } from 'mqtt';

/** What came of one try. */
export type Outcome =
  /** The service said no. */
  | 'refused'
  /** It was taken, and touches nobody but the attacker. */
  | 'harmless'
  /** The attacker got, changed or stopped something of the victim. */
  | 'breach';

/** Where a delivery to the wrong person is counted. */
export class Judge {
  /** Topics and reasons, for the report. */
  readonly wrong: string[] = [];
  readonly #isVictims: (text: string) => boolean;
  readonly #mark: string;
  #deliveries = 0;

  /**
   * @param secrets what only the victim's messages hold: identity ID in topics, names of files
   * @param mark what everything holds that attackers send
   */
  constructor(secrets: { readonly topic: string; readonly texts: readonly string[] }, mark: string) {
    this.#isVictims = (text) =>
      text.includes(secrets.topic) || secrets.texts.some((secret) => text.includes(secret));
    this.#mark = mark;
  }

  /** Messages that were checked. */
  get deliveries(): number {
    return this.#deliveries;
  }

  /** Everything that this connection of an attacker receives must be the attacker's own. */
  watchAttacker(client: MqttClient): void {
    client.on('message', (topic, payload, { properties }) => {
      this.#deliveries += 1;
      const said = [topic, payload.toString(), properties?.responseTopic ?? ''].join('\n');
      if (this.#isVictims(said)) this.wrong.push(`an attacker received ${topic}`);
    });
  }

  /** Nothing that an attacker sent may reach the victim. */
  watchVictim(client: MqttClient): void {
    client.on('message', (topic, payload) => {
      this.#deliveries += 1;
      if (payload.includes(this.#mark))
        this.wrong.push(`the victim received what an attacker sent to ${topic}`);
    });
  }

  /** The body of an answer that an attacker got. */
  checkAnswer(what: string, body: string): Outcome {
    if (!this.#isVictims(body)) return 'harmless';
    this.wrong.push(what);
    return 'breach';
  }
}
