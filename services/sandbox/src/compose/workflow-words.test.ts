import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { workflowWords } from './workflow-words.ts';

const of = (comment: string | undefined, name = 'my-flow.asl.json') =>
  workflowWords(JSON.stringify({ Comment: comment, StartAt: 'A', States: {} }), name, false);

describe('the words for a workflow', () => {
  it('are the first sentence of its comment and what it accepts', () => {
    expect(of('Counts the words. Accepts: .txt, text/plain. Start it with: npm start')).toMatchObject({
      name: 'My flow',
      about: 'Counts the words.',
      accept: '.txt,text/plain',
      isExample: false,
    });
    expect(of('Looks at a photo. Accepts: image/*. The Wait states are for people.').accept).toBe('image/*');
  });

  it('are its name alone where there is no comment', () => {
    expect(of(undefined)).toMatchObject({ name: 'My flow', about: '', accept: '' });
    expect(workflowWords('not JSON', 'PhotoPipeline', true)).toMatchObject({
      name: 'Photo pipeline',
      about: '',
    });
    expect(of('', 'flows/OCR_v2.json').name).toBe('OCR v2');
  });

  it('never take a word for a type, and never give a long title', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (comment) => {
        const { about, accept } = of(comment);
        expect(about.length).toBeLessThanOrEqual(160);
        for (const one of accept === '' ? [] : accept.split(',')) expect(one).toMatch(/^\.|\//);
      }),
    );
  });
});
