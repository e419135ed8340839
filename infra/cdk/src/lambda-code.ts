import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage, type BundlingOptions } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { BUNDLED, REPOSITORY } from './places.ts';
import { runBundler } from './run-bundler.ts';

const sourcesOf = (service: 'forwarder' | 'provisioner'): string =>
  join(REPOSITORY, 'services', service, 'src');

/** Writes a service for Lambda into a folder, as one file. */
export function writeLambda(service: 'forwarder' | 'provisioner', folder: string): void {
  runBundler([folder, `index=${join(sourcesOf(service), 'lambda.ts')}`]);
}

/**
 * A service as one file for Lambda: its sources with everything they import, bundled by rolldown, which Vite has brought
 * along anyway. Neither Docker nor a network is needed, and no build before. Its hash is that of the outcome, so an edit
 * that changes nothing deploys nothing. A packed package has the outcome with it.
 */
export function lambdaCode(service: 'forwarder' | 'provisioner'): lambda.Code {
  const bundled = BUNDLED.lambda(service);
  if (existsSync(bundled)) return lambda.Code.fromAsset(bundled);
  const bundling: BundlingOptions = {
    // Asked for by the type; the local way below never leaves it to an image.
    image: DockerImage.fromRegistry('none'),
    local: {
      tryBundle(outputDirectory) {
        writeLambda(service, outputDirectory);
        return true;
      },
    },
  };
  return lambda.Code.fromAsset(sourcesOf(service), { assetHashType: AssetHashType.OUTPUT, bundling });
}
