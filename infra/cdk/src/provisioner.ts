import { Aws, Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { GUESTS_PATH, PROVISION_PATH } from '@stepcast/contracts';
import { Construct } from 'constructs';
import { apiStage, type Throttle } from './api-stage.ts';
import { type UserPoolRef } from './identities.ts';
import { accessLogGroupOf } from './names.ts';
import { provisionerFunctions, type ProvisionerFunctionsProps } from './provisioner-functions.ts';

export interface ProvisionerProps extends ProvisionerFunctionsProps {
  readonly userPool: UserPoolRef;
  readonly origins: readonly string[];
  /** Requests that the API takes; what is above is answered 429. */
  readonly throttle: Throttle;
}

/**
 * The provisioner behind an HTTP API: `POST /v1/provision` with an ID token of the user pool, and `GET /v1/guests` for everybody.
 * API Gateway brings the certificate and refuses tokens that are none before they reach the provisioner, which verifies them
 * again and alone decides. A function answers, in every size.
 */
export class Provisioner extends Construct {
  /** Address of `POST /v1/provision`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ProvisionerProps) {
    super(scope, id);
    const { userPool, origins, throttle, ...functions } = props;
    const { names } = functions.documents;
    const integration = provisionerFunctions(this, functions);
    const api = new apigateway.HttpApi(this, 'Api', {
      apiName: names.named('provisioner'),
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [...origins],
        allowMethods: [apigateway.CorsHttpMethod.GET, apigateway.CorsHttpMethod.POST],
        allowHeaders: ['authorization', 'content-type'],
        maxAge: Duration.minutes(10),
      },
    });
    api.addRoutes({
      path: PROVISION_PATH,
      methods: [apigateway.HttpMethod.POST],
      integration,
      authorizer: new HttpJwtAuthorizer(
        'IdToken',
        `https://cognito-idp.${Aws.REGION}.${Aws.URL_SUFFIX}/${userPool.userPoolId}`,
        { jwtAudience: [userPool.userPoolClientId] },
      ),
    });
    api.addRoutes({ path: GUESTS_PATH, methods: [apigateway.HttpMethod.GET], integration });
    apiStage(this, {
      api,
      stageName: '$default',
      logGroupName: accessLogGroupOf(names, 'api'),
      throttle,
    });
    this.url = `${api.apiEndpoint}${PROVISION_PATH}`;
  }
}
