import type { MqttClient } from 'mqtt';
import type { Outcome } from '../judge.ts';
import type { Attack } from '../world.ts';

/** One kind of attack. Each try chooses its details by the dice. */
export interface Trick {
  readonly name: string;
  /** @returns what came of it; what is delivered to the wrong person the judge sees by itself */
  readonly attempt: (attack: Attack) => Promise<Outcome>;
}

/** An error of a client or service means that the try was refused; an answer means that it was taken. */
export async function outcomeOf(taken: Promise<unknown>, whenTaken: Outcome): Promise<Outcome> {
  try {
    await taken;
    return whenTaken;
  } catch {
    return 'refused';
  }
}

const ANSWER_LIMIT_MS = 2_000;

/** What the broker answers on a connection; rejects when it closes the connection instead, or does not answer. */
export async function answerOf<T>(client: MqttClient, answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const isOver = () => reject(new Error('the connection is over'));
  const timer = setTimeout(isOver, ANSWER_LIMIT_MS);
  client.once('close', isOver);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    client.off('close', isOver);
  }
}
