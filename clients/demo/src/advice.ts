/** A part of an advice: words, or a command to type. */
export interface AdvicePart {
  readonly text: string;
  readonly isCommand: boolean;
}

/**
 * The advice of the client with its commands apart, as one types them beside this sandbox: in a clone, where `stepcast` is a script of npm.
 * @param origin where the sandbox is
 */
export function adviceParts(advice: string, origin: string): readonly AdvicePart[] {
  return advice
    .split('"')
    .map((text, index) => {
      // A command has a line of its own; nothing of the sentence should hang between two.
      if (index % 2 === 0) return { text: text.replace(/^[,.]? ?/, ''), isCommand: false };
      const [, command = text] = /^stepcast (.*)$/s.exec(text) ?? [];
      return { text: `npm run --silent stepcast -- ${command} --endpoint ${origin}`, isCommand: true };
    })
    .filter(({ text }) => text !== '');
}
