import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpServiceDiscoveryIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import { type DeploymentNames } from '@stepcast/wire';
import { type Construct } from 'constructs';
import { type Throttle } from './api-stage.ts';
import { type Containers, type ContainerServiceProps, type Network } from './containers.ts';
import { CONTAINER_PORT, PLAIN_NAMES } from './names.ts';

/** Cognito gives out 25 identities a second in an account and region; the service queues what is above. */
export const CONTAINER_THROTTLE: Throttle = { rateLimit: 50, burstLimit: 100 };

export interface ProvisionerContainerProps extends ContainerServiceProps {
  readonly containers: Containers;
  readonly network: Network;
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
}

/** The provisioner as a container. A private way leads to it from API Gateway, by Cloud Map and a VPC link. */
export function provisionerContainer(
  scope: Construct,
  { containers, network, names = PLAIN_NAMES, ...service }: ProvisionerContainerProps,
): apigateway.HttpRouteIntegration {
  const { vpc } = network;
  const namespace = new servicediscovery.PrivateDnsNamespace(scope, 'Namespace', {
    name: `${names.prefix}.internal`,
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
  const linkGroup = new ec2.SecurityGroup(scope, 'LinkSecurityGroup', {
    vpc,
    description: 'Stepcast: API Gateway to the provisioner',
    allowAllOutbound: false,
  });
  provisioner.connections.allowFrom(linkGroup, ec2.Port.tcp(CONTAINER_PORT), 'API Gateway');
  const link = new apigateway.VpcLink(scope, 'Link', {
    vpcLinkName: names.named('provisioner'),
    vpc,
    subnets: network.subnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    securityGroups: [linkGroup],
  });
  const { cloudMapService } = provisioner;
  if (cloudMapService === undefined) throw new TypeError('the service is in no namespace');
  return new HttpServiceDiscoveryIntegration('Container', cloudMapService, { vpcLink: link });
}
