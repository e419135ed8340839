import { describe, expect, it } from 'vitest';
import { readCheckCommand, readSandboxConfig } from './config.ts';
import { asksForVersion } from './options.ts';

const read = (...argv: string[]) => readSandboxConfig({}, argv);

describe('the command line', () => {
  it('may ask for the version: there was no --version', () => {
    expect(asksForVersion(['--version'])).toBe(true);
    expect(asksForVersion(['--guests'])).toBe(false);
    expect(asksForVersion(['--version', '--help'])).toBe(false);
  });

  it('names the definition by a file or a template, one of them', () => {
    expect(read('--definition', 'a.json', '--handlers', 'h.mjs')).toMatchObject({
      workflow: { definition: { kind: 'file', path: 'a.json' }, handlersPath: 'h.mjs' },
    });
    expect(read('--cdk', 'cdk.out', '--state-machine', 'Orders')).toMatchObject({
      workflow: {
        definition: { kind: 'template', option: '--cdk', path: 'cdk.out', stateMachine: 'Orders' },
        handlersPath: undefined,
      },
    });
    expect(read('--sam', 'template.yaml')).toMatchObject({
      workflow: { definition: { option: '--sam', stateMachine: undefined } },
    });
    expect(read()).toMatchObject({ workflow: undefined, speed: 1, watch: false, data: undefined });
  });

  it('takes speed, watch, stand-ins and data', () => {
    const argv = ['--definition', 'a', '--speed', '0.5', '--watch', '--stand-ins', 's.json', '--data', 'd'];
    expect(read(...argv)).toMatchObject({ speed: 0.5, watch: true, standIns: 's.json', data: 'd' });
  });

  it.each([
    [['--definition', 'a', '--cdk', 'b'], 'one of --definition and --cdk is enough'],
    [['--definition', 'a', '--state-machine', 'b'], '--state-machine goes with --cdk, --sam or --serverless'],
    [['--watch'], '--watch goes with --definition, --cdk, --sam or --serverless'],
    [['--stand-ins', 'a'], '--stand-ins goes with'],
    [['--mocks', 'a'], '--mocks goes with'],
    [['--speed', '0'], 'a number above 0'],
    [['--speed', 'fast'], 'a number above 0'],
    [['--speed', '100000'], '10000 at most'],
  ])('refuses %j', (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });

  it('checks files, a template, or both', () => {
    const check = (...argv: string[]) => readCheckCommand({}, ['--check', ...argv]);
    expect(check('a.json', 'b.json')).toMatchObject({ files: ['a.json', 'b.json'], template: undefined });
    expect(check('--cdk', 'cdk.out')).toMatchObject({ files: [], template: { path: 'cdk.out' } });
    expect(() => check()).toThrow('--check needs the files of definitions, or a template');
    expect(readCheckCommand({}, [])).toBeUndefined();
  });
});
