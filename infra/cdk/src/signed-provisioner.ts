import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { PROVISION_PATH } from '@stepcast/contracts';
import { type BuiltRole } from '@stepcast/policies';
import { Construct } from 'constructs';
import { apiStage, type Throttle } from './api-stage.ts';
import { type Documents } from './documents.ts';
import { accessLogGroupOf, PLAIN_NAMES, SIGNED_STAGE_NAME } from './names.ts';
import { provisionerFunction } from './provisioner-functions.ts';

/**
 * The API that takes signed requests, with no route yet: the documents name it, and its function has a role of theirs.
 *
 * An HTTP API, because browsers ask before they send a signed request and it answers that itself; a REST API needs a method
 * for it, and a role of the whole account to write access logs. Either says whose credentials signed.
 */
export function signedApi(
  scope: Construct,
  id: string,
  origins: readonly string[],
  apiName: string = PLAIN_NAMES.signedProvisioner,
): apigateway.HttpApi {
  return new apigateway.HttpApi(scope, id, {
    apiName,
    createDefaultStage: false,
    corsPreflight: {
      allowOrigins: [...origins],
      allowMethods: [apigateway.CorsHttpMethod.POST],
      // What signers add to a request.
      allowHeaders: [
        'authorization',
        'content-type',
        'x-amz-content-sha256',
        'x-amz-date',
        'x-amz-security-token',
      ],
      maxAge: Duration.minutes(10),
    },
  });
}

export interface SignedProvisionerProps {
  readonly api: apigateway.HttpApi;
  readonly role: BuiltRole;
  readonly documents: Documents;
  readonly environment: Readonly<Record<string, string>>;
  /** Requests that the API takes; what is above is answered 429. */
  readonly throttle: Throttle;
  /** Default: bundled from this repository. */
  readonly code?: lambda.Code;
}

/**
 * The provisioner as a function behind `POST /v1/provision` of an API with IAM authorization. Only that route may invoke it:
 * a caller that invokes it otherwise writes the caller's identity himself.
 */
export class SignedProvisioner extends Construct {
  /** Address of `POST /v1/provision`, to be signed for the service `execute-api`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: SignedProvisionerProps) {
    super(scope, id);
    const { api, role, documents, environment } = props;
    const provisioner = provisionerFunction(this, 'Function', {
      role,
      documents,
      environment,
      description: 'Stepcast: attaches the IoT policy to the identity that signed the request',
      functionName: documents.names.signedProvisioner,
      entry: 'handler',
      timeout: Duration.seconds(20),
      ...(props.code === undefined ? {} : { code: props.code }),
    });
    api.addRoutes({
      path: PROVISION_PATH,
      methods: [apigateway.HttpMethod.POST],
      authorizer: new HttpIamAuthorizer(),
      integration: new HttpLambdaIntegration('Function', provisioner, {
        payloadFormatVersion: apigateway.PayloadFormatVersion.VERSION_2_0,
      }),
    });
    apiStage(this, {
      api,
      stageName: SIGNED_STAGE_NAME,
      logGroupName: accessLogGroupOf(documents.names, 'api-signed'),
      throttle: props.throttle,
    });
    this.url = `${api.apiEndpoint}/${SIGNED_STAGE_NAME}${PROVISION_PATH}`;
  }
}
