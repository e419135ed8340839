import { describe, expect, it } from 'vitest';
import { chosenStep } from './chosen-step.ts';

function pageAt(hash: string) {
  const location = { hash, pathname: '/', search: '?theme=dark' };
  const target = new EventTarget();
  const replaced: string[] = [];
  return {
    replaced,
    go(to: string) {
      location.hash = to;
      target.dispatchEvent(new Event('hashchange'));
    },
    page: {
      location,
      history: {
        replaceState: (_state: unknown, _unused: string, url?: string | URL | null) => {
          replaced.push(String(url));
        },
      },
      addEventListener: target.addEventListener.bind(target),
    },
  };
}

describe('the selected step', () => {
  it('is read from the address of the page, whatever its name has in it', () => {
    const line = 'Photo&Co/Look at each tile/Item 3/100% "sharp" #1~2';
    const first = pageAt('');
    chosenStep(first.page).choose('abc', line);
    const [url = ''] = first.replaced;
    expect(url.startsWith('/?theme=dark#upload=abc&step=')).toBe(true);
    const again = chosenStep(pageAt(url.slice(url.indexOf('#'))).page);
    expect(again.lineOf('abc')).toBe(line);
    expect(again.uploadId).toBe('abc');
    expect(again.lineOf('another')).toBeNull();
  });

  it.each(['', '#', '#upload=abc', '#step=Resize', '#/somewhere/else'])('is none at %j', (hash) => {
    expect(chosenStep(pageAt(hash).page).uploadId).toBeUndefined();
  });

  it('leaves the address when its details are closed, and only then', () => {
    const { page, replaced } = pageAt('#upload=abc&step=Resize');
    const chosen = chosenStep(page);
    chosen.choose('another', null);
    expect(replaced).toEqual([]);
    expect(chosen.lineOf('abc')).toBe('Resize');
    chosen.choose('abc', null);
    expect(replaced).toEqual(['/?theme=dark']);
    expect(chosen.lineOf('abc')).toBeNull();
  });

  it('follows an address that is pasted into the same page', () => {
    const pasted = pageAt('');
    const chosen = chosenStep(pasted.page);
    let changes = 0;
    chosen.onChange(() => (changes += 1));
    pasted.go('#upload=abc&step=Sum+up');
    expect(chosen.lineOf('abc')).toBe('Sum up');
    expect(changes).toBe(1);
  });
});
