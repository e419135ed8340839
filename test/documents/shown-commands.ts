/** A command that a document shows, as a person would type it. */
export interface ShownCommand {
  readonly document: string;
  readonly command: string;
}

/** Also within the item of a list. */
const FENCE = /^ *```(\w*)\s*$/;
const INLINE = /`((?:npm|npx) (?:start|test|ci|run|install|[a-z@][\w@/.-]*) ?[^`]*)`/g;

/** Commands without the remark at their end, each on one line: those that go on after a backslash or inside of quotation marks. */
function joined(lines: readonly string[]): readonly string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of lines) {
    const text = `${open}${line.replace(/(^|\s+)# .*$/, '')}`;
    const isOpen = text.endsWith('\\') || (text.match(/'/g)?.length ?? 0) % 2 === 1;
    open = isOpen ? `${text.replace(/\\$/, '').trimEnd()} ` : '';
    if (!isOpen) commands.push(text.replace(/ {2,}/g, ' ').trim());
  }
  return commands.filter((command) => command !== '');
}

/**
 * The commands of a Markdown document in the order in which a person reads them.
 * @param withInline also those in running text, such as `npm run pack:all`
 */
export function shownCommands(document: string, text: string, withInline = false): readonly ShownCommand[] {
  const found: string[] = [];
  let fence: { readonly isShell: boolean; readonly lines: string[] } | undefined;
  let prose = '';
  const endProse = () => {
    // A line of the source may break a command in two.
    if (withInline)
      found.push(...[...prose.matchAll(INLINE)].map(([, command = '']) => command.replaceAll('\n', ' ')));
    prose = '';
  };
  for (const line of text.split('\n')) {
    const [isFence, language] = FENCE.exec(line) ?? [];
    if (fence === undefined && isFence !== undefined) {
      endProse();
      fence = { isShell: language === 'sh', lines: [] };
    } else if (fence !== undefined && isFence !== undefined) {
      if (fence.isShell) found.push(...joined(fence.lines));
      fence = undefined;
    } else if (fence === undefined) prose += `${line}\n`;
    else fence.lines.push(line);
  }
  endProse();
  return found.map((command) => ({ document, command }));
}
