/** With four bytes for each character and a prefix of 80 bytes this stays below the 1,024 bytes of a key. */
const MAX_NAME = 200;

/** A key for a file: `{prefix}{folder}/{name}`. The folder is the upload's own, so the same name twice is two objects. */
export function keyBelow(prefix: string, folder: string, fileName: string): string {
  return `${prefix}${folder}/${safeName(fileName)}`;
}

/** The name of a file as one level of a key: without slashes and control characters, never `.` or `..`, never empty. */
export function safeName(fileName: string): string {
  const name = Array.from(fileName.toWellFormed())
    .map((char) => (char === '/' || char === '\\' || isControl(char) ? '_' : char))
    .slice(-MAX_NAME)
    .join('');
  return name === '' || name === '.' || name === '..' ? `_${name}` : name;
}

function isControl(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f;
}
