/** Templates for tests: synthesized once, resolved as if they were deployed. */
export { synthesize, type Finding, type Synthesized } from './synthesize.ts';
export { DEPLOYED, Template, type Resource } from './template.ts';
export { LEAST_OWN, OWN, VARIANTS } from './variants.ts';
export { evaluatedAlarm, type EvaluatedAlarm, type MetricPoint } from './evaluate-alarm.ts';
export { ALARM_TEXTS, headingOf } from '../watch/alarm-texts.ts';
