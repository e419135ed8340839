import { REPORT_TOKEN_VARIABLE } from '@stepcast/contracts/report';

/** Gives the functions of this thread what Lambda would give them as a variable. */
export function setReportToken(token: string | undefined): void {
  if (token !== undefined) process.env[REPORT_TOKEN_VARIABLE] = token;
}
