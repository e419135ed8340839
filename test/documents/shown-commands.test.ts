import { describe, expect, it } from 'vitest';
import { shownCommands } from './shown-commands.ts';

describe('the commands of a document', () => {
  it('are also those within the item of a list, which nobody tried once', () => {
    const text =
      '1. Build it:\n\n   ```sh\n   npm run build  # all of it\n   node a.js\n   ```\n\n2. Done.\n';
    expect(shownCommands('a.md', text).map(({ command }) => command)).toEqual(['npm run build', 'node a.js']);
  });
});
