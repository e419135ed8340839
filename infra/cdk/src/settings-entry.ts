/** The settings of a deployment, without the CDK: what the doctor reads before there is a deployment. */
export { homeOf, namesOf, readSettings, stackNameOf, type ReadSettings } from './read-settings.ts';
export { type Settings } from './settings.ts';
