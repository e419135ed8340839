import { describe, expect, it } from 'vitest';
import { run } from '../testing/run-cli.ts';
import { asCalled } from './called-as.ts';

const NPM = 'npm run --silent stepcast --';

describe('commands that are printed', () => {
  it('can be typed where they are read: in a clone, stepcast is on nobody’s PATH', async () => {
    const command = ['doctor', 'explain', 'hello world'];
    const { out } = await run(command, { environment: { npm_lifecycle_event: 'stepcast' } });
    expect(out).toContain(`  ${NPM} doctor --only s3  `);
    expect(out).not.toMatch(/^\s*stepcast /m);
    expect((await run(command)).out).toMatch(/^ {2}stepcast doctor --only s3/m);
  });

  it.each([
    [
      'run "stepcast lookup s3://b/k", then "stepcast doctor".',
      `run "${NPM} lookup s3://b/k", then "${NPM} doctor".`,
    ],
    ['doctor --stack stepcast --region us-east-1', undefined],
    ['@stepcast doctor, my-stepcast doctor, dist/stepcast doctor', undefined],
    ['stepcast doctors', undefined],
    ['{"check":["stepcast doctor"]}', undefined],
    ['// Written by: stepcast doctor', undefined],
  ])('%s', (text, expected) => {
    expect(asCalled(text, NPM, ['doctor', 'lookup'])).toBe(expected ?? text);
  });
});
