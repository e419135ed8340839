import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { AssetHashType, DockerImage, type BundlingOptions } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/** Root of the repository, from `src` as from `dist`. */
export const REPOSITORY = join(import.meta.dirname, '..', '..', '..');

/**
 * A service as one file for Lambda: its sources with everything they import, bundled by rolldown, which Vite has brought
 * along anyway. Neither Docker nor a network is needed, and no build before. Its hash is that of the outcome, so an edit
 * that changes nothing deploys nothing.
 */
export function lambdaCode(service: 'forwarder' | 'provisioner'): lambda.Code {
  const sources = join(REPOSITORY, 'services', service, 'src');
  const bundling: BundlingOptions = {
    // Asked for by the type; the local way below never leaves it to an image.
    image: DockerImage.fromRegistry('none'),
    local: {
      tryBundle(outputDirectory) {
        execFileSync(
          process.execPath,
          [
            join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'bundle.ts' : 'bundle.js'),
            join(sources, 'lambda.ts'),
            join(outputDirectory, 'index.mjs'),
          ],
          { stdio: ['ignore', 'ignore', 'inherit'] },
        );
        return true;
      },
    },
  };
  return lambda.Code.fromAsset(sources, { assetHashType: AssetHashType.OUTPUT, bundling });
}
