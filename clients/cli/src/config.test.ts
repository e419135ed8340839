import { describe, expect, it } from 'vitest';
import { readDoctorOptions } from './config.ts';
import { UsageError } from './errors.ts';

describe('the options of the doctor', () => {
  it('take the sandbox from the environment where the line names none, as the other commands do', () => {
    const environment = { STEPCAST_ENDPOINT: 'http://127.0.0.1:4200' };
    expect(readDoctorOptions({}, environment).endpoint).toBe('http://127.0.0.1:4200');
    expect(readDoctorOptions({ endpoint: 'http://127.0.0.1:9' }, environment).endpoint).toBe(
      'http://127.0.0.1:9',
    );
    expect(readDoctorOptions({}, { STEPCAST_ENDPOINT: ' ' }).endpoint).toBeUndefined();
    expect(() => readDoctorOptions({}, { STEPCAST_ENDPOINT: 'nowhere' })).toThrow(UsageError);
  });
});
