import { describe, expect, it } from 'vitest';
import { datapointsOf } from '@stepcast/kit/testing';
import { ENV, METRICS_NAMESPACE } from '@stepcast/wire';
import { outputOfService } from '../../support/lonely-service.ts';

/** The lines of metrics that a service writes from its start to its stop. */
async function linesOf(service: string, more: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const lines = await outputOfService(service, more);
  return lines.filter((line) => line.includes('"_aws"'));
}

describe.each(['engine', 'correlator', 'publisher', 'provisioner'])('the process of the %s', (service) => {
  it('writes its start for CloudWatch where the configuration says so, under the name of the deployment', async () => {
    const lines = await linesOf(service, {
      [ENV.metrics]: 'essential',
      [ENV.deployment]: 'stepcast-staging',
    });
    expect(lines.flatMap(datapointsOf)).toContainEqual(
      expect.objectContaining({
        namespace: METRICS_NAMESPACE,
        metricName: 'Started',
        dimensions: { Deployment: 'stepcast-staging' },
        values: [1],
      }),
    );
  });
});

describe('a service whose configuration does not say so', () => {
  it('writes no metrics', async () => {
    expect(await linesOf('provisioner', {})).toEqual([]);
  });
});
