import { Aws, Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { GUESTS_PATH, PROVISION_PATH } from '@stepcast/contracts';
import { type DeploymentNames } from '@stepcast/wire';
import { Construct } from 'constructs';
import { apiStage, type Throttle } from './api-stage.ts';
import { type UserPoolRef } from './identities.ts';
import { accessLogGroupOf, PLAIN_NAMES } from './names.ts';

export interface ProvisionerProps {
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
  readonly userPool: UserPoolRef;
  readonly origins: readonly string[];
  /** Requests that the API takes; what is above is answered 429. */
  readonly throttle: Throttle;
  /** Makes what answers: functions or a container. */
  readonly answeredBy: (scope: Construct) => apigateway.HttpRouteIntegration;
}

/**
 * The provisioner behind an HTTP API: `POST /v1/provision` with an ID token of the user pool, and `GET /v1/guests` for everybody.
 * API Gateway brings the certificate and refuses tokens that are none before they reach the provisioner, which verifies them
 * again and alone decides. The API stays the same when the size changes, and with it the address.
 */
export class Provisioner extends Construct {
  /** Address of `POST /v1/provision`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ProvisionerProps) {
    super(scope, id);
    const { userPool, origins, throttle, answeredBy, names = PLAIN_NAMES } = props;
    const integration = answeredBy(this);
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
