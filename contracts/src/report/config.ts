/** Environment variable with the token of the deployment. Without it nothing is written. */
export const REPORT_TOKEN_VARIABLE = 'STEPCAST_REPORT_TOKEN';

/** The token of the deployment, where the function has it. */
export function reportToken(): string | undefined {
  return process.env[REPORT_TOKEN_VARIABLE];
}
