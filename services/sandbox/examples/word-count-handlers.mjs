/**
 * Functions for word-count.asl.json. Each gets its input and a context: `getObject`, `putObject`, `signal`, `attempt`,
 * `executionArn`, `functionName`. What it returns is its result; what it throws fails the task with the error's name.
 */
class NotText extends Error {
  name = 'NotText';
}

export default {
  async 'read-text'({ bucket, key }, { getObject }) {
    const bytes = await getObject(bucket, key, { maxBytes: 100_000 });
    if (bytes.includes(0)) throw new NotText('the file has zero bytes in it');
    const lines = bytes.toString('utf8').split('\n');
    return { lines: lines.filter((line) => line.trim() !== '').slice(0, 40) };
  },

  async 'count-words'(line) {
    return line.trim().split(/\s+/).length;
  },
};
