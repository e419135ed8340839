import { format, resolveConfig } from 'prettier';

/** As the project formats its own files, whatever folder they are written to. Compiled code is left as it is. */
export async function formatPublished(name: string, text: string): Promise<string> {
  if (name === 'validators.js') return text;
  const style = await resolveConfig(import.meta.filename);
  return format(text, { ...style, filepath: name });
}
