import { Aws, Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpServiceDiscoveryIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import { GUESTS_PATH, PROVISION_PATH } from '@stepcast/contracts';
import { Construct } from 'constructs';
import { apiStage } from './api-stage.ts';
import { type Containers, type ContainerServiceProps, type Network } from './containers.ts';
import { type UserPoolRef } from './identities.ts';
import { CONTAINER_PORT } from './names.ts';

export interface ProvisionerProps extends ContainerServiceProps {
  readonly containers: Containers;
  readonly network: Network;
  readonly userPool: UserPoolRef;
  readonly origins: readonly string[];
}

/**
 * The provisioner as a container behind an HTTP API: `POST /v1/provision` with an ID token of the user pool, and
 * `GET /v1/guests` for everybody. API Gateway brings the certificate and refuses tokens that are none before they reach
 * the container, which verifies them again and alone decides. A private way leads from one to the other.
 */
export class Provisioner extends Construct {
  /** Address of `POST /v1/provision`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ProvisionerProps) {
    super(scope, id);
    const { containers, network, userPool, origins, ...service } = props;
    const { vpc } = network;
    const namespace = new servicediscovery.PrivateDnsNamespace(this, 'Namespace', {
      name: 'stepcast.internal',
      vpc,
    });
    const provisioner = containers.service('provisioner', {
      ...service,
      cloudMapOptions: {
        cloudMapNamespace: namespace,
        name: 'provisioner',
        containerPort: CONTAINER_PORT,
        // The port comes with the name: API Gateway asks Cloud Map for both.
        dnsRecordType: servicediscovery.DnsRecordType.SRV,
        dnsTtl: Duration.seconds(10),
      },
    });
    const linkGroup = new ec2.SecurityGroup(this, 'LinkSecurityGroup', {
      vpc,
      description: 'Stepcast: API Gateway to the provisioner',
      allowAllOutbound: false,
    });
    provisioner.connections.allowFrom(linkGroup, ec2.Port.tcp(CONTAINER_PORT), 'API Gateway');
    const link = new apigateway.VpcLink(this, 'Link', {
      vpcLinkName: 'stepcast-provisioner',
      vpc,
      subnets: network.subnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [linkGroup],
    });
    const { cloudMapService } = provisioner;
    if (cloudMapService === undefined) throw new TypeError('the service is in no namespace');
    const integration = new HttpServiceDiscoveryIntegration('Container', cloudMapService, { vpcLink: link });
    const api = new apigateway.HttpApi(this, 'Api', {
      apiName: 'stepcast-provisioner',
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
      logs: 'api',
      // Cognito gives out 25 identities a second in an account and region; the service queues what is above.
      throttle: { rateLimit: 50, burstLimit: 100 },
    });
    this.url = `${api.apiEndpoint}${PROVISION_PATH}`;
  }
}
