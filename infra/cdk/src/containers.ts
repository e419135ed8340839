import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { ENV, LIVE_PATH } from '@stepcast/wire';
import { Construct } from 'constructs';
import { type Documents } from './documents.ts';
import { CONTAINER_PORT, PLAIN_NAMES, serviceLogGroupOf } from './names.ts';
import { reviewedRole } from './roles.ts';
import { commandOf, imageFolder, type IMAGE_ENTRIES } from './service-image.ts';

/** Services that run as containers. */
export type ContainerName = keyof typeof IMAGE_ENTRIES;

/** Where the containers run. They need a way out to AWS: public addresses, a NAT gateway, or VPC endpoints. */
export interface Network {
  readonly vpc: ec2.IVpc;
  /** Default: the VPC's private subnets that have a way out. */
  readonly subnets?: ec2.SubnetSelection;
  /** Whether containers get public addresses, which public subnets ask for. Default false. */
  readonly assignPublicIp?: boolean;
}

/** Kind of processor. */
export type Architecture = 'arm64' | 'x86_64';

const PLATFORMS: Readonly<
  Record<Architecture, { readonly cpu: ecs.CpuArchitecture; readonly image: Platform }>
> = {
  arm64: { cpu: ecs.CpuArchitecture.ARM64, image: Platform.LINUX_ARM64 },
  x86_64: { cpu: ecs.CpuArchitecture.X86_64, image: Platform.LINUX_AMD64 },
};

/** Where the image of a service comes from. Its command is given: an image of another origin has `dist/js` where this one has it. */
export type Images = (service: ContainerName, architecture: Architecture) => ecs.ContainerImage;

/**
 * The one image of all containers, bundled from this repository or brought along by this package, and built at deployment. Its hash is
 * that of the outcome, so that an edit elsewhere deploys nothing.
 */
export const builtImages: Images = (_service, architecture) =>
  ecs.ContainerImage.fromAsset(imageFolder(), { platform: PLATFORMS[architecture].image });

/** How containers in a VPC of Stepcast's own reach AWS. */
export type WayOut = 'publicAddress' | 'natGateway';

/**
 * A VPC of two zones, the first of the region unless named. `publicAddress`: public subnets only; each container has a public address and lets nobody in.
 * `natGateway`: containers in private subnets without public addresses, and one NAT gateway, which costs more than the engine.
 */
export function ownNetwork(
  scope: Construct,
  id: string,
  wayOut: WayOut = 'publicAddress',
  vpcName: string = PLAIN_NAMES.prefix,
  zones?: readonly string[],
): Network {
  const nat = wayOut === 'natGateway';
  const vpc = new ec2.Vpc(scope, id, {
    vpcName,
    ...(zones === undefined ? { maxAzs: 2 } : { availabilityZones: [...zones] }),
    natGateways: nat ? 1 : 0,
    subnetConfiguration: [
      {
        name: 'public',
        subnetType: ec2.SubnetType.PUBLIC,
        cidrMask: 24,
        // What runs there says itself whether it has an address.
        mapPublicIpOnLaunch: false,
      },
      ...(nat ? [{ name: 'private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 }] : []),
    ],
    // It would take a function with the right to change security groups.
    restrictDefaultSecurityGroup: false,
  });
  const subnetType = nat ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PUBLIC;
  return { vpc, subnets: { subnetType }, assignPublicIp: !nat };
}

export interface ContainersProps {
  readonly network: Network;
  readonly images: Images;
  readonly documents: Documents;
  /** Default `arm64`. */
  readonly architecture?: Architecture;
  /** Whether CloudWatch collects metrics of each container, charged as one's own metrics are. Default false. */
  readonly containerInsights?: boolean;
}

export interface ContainerServiceProps {
  readonly environment: Readonly<Record<string, string>>;
  /** A fixed number, or undefined where the number is somebody else's to say: a deployment then leaves it as it is. */
  readonly copies: number | undefined;
  /** In 1,024ths of a processor. */
  readonly cpu: number;
  readonly memoryMiB: number;
}

const HTTPS_PORT = 443;

/** The port of an address, if there is one. */
function portOf(address: string | undefined): number | undefined {
  if (address === undefined) return undefined;
  const { port, protocol } = new URL(address);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? HTTPS_PORT : 80;
}

/** During a deployment, tasks of the old and the new release together may be so many of those that are wanted. */
export const MAX_HEALTHY_PERCENT = 200;
/** So long ECS waits after SIGTERM. */
const STOP_SECONDS = 30;

/** The cluster, and services in it on Fargate. */
export class Containers extends Construct {
  readonly #cluster: ecs.Cluster;
  /** Under which ECS itself fetches images and writes logs, for every service. */
  readonly #executionRole: iam.Role;
  readonly #props: ContainersProps;

  constructor(scope: Construct, id: string, props: ContainersProps) {
    super(scope, id);
    this.#props = props;
    this.#cluster = new ecs.Cluster(this, 'Cluster', {
      clusterName: props.documents.names.prefix,
      vpc: props.network.vpc,
      containerInsightsV2:
        props.containerInsights === true ? ecs.ContainerInsights.ENABLED : ecs.ContainerInsights.DISABLED,
    });
    this.#executionRole = new iam.Role(this, 'TaskExecution', {
      roleName: `${props.documents.names.named('task-execution')}-${Aws.REGION}`,
      assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
    });
  }

  /** A service under its reviewed role, reachable by nobody. */
  service(name: ContainerName, props: ContainerServiceProps): ecs.FargateService {
    const { network, images, documents, architecture = 'arm64' } = this.#props;
    const scope = new Construct(this, name);
    const serviceName = documents.names.named(name);
    const task = new ecs.FargateTaskDefinition(scope, 'Task', {
      family: serviceName,
      cpu: props.cpu,
      memoryLimitMiB: props.memoryMiB,
      executionRole: this.#executionRole,
      taskRole: reviewedRole(scope, 'Role', documents.built.services[name], documents),
      runtimePlatform: {
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
        cpuArchitecture: PLATFORMS[architecture].cpu,
      },
    });
    // Liveness, not readiness: ECS replaces what fails, and a new task cannot reach what the old one could not reach.
    const healthCheck = `fetch('http://127.0.0.1:${CONTAINER_PORT}${LIVE_PATH}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
    task.addContainer(name, {
      containerName: name,
      image: images(name, architecture),
      command: commandOf(name, props.memoryMiB),
      // Nothing of Stepcast writes files.
      readonlyRootFilesystem: true,
      environment: { ...props.environment, AWS_REGION: Aws.REGION },
      portMappings: [{ containerPort: CONTAINER_PORT }],
      // ECS ignores the HEALTHCHECK of an image.
      healthCheck: {
        command: ['CMD', 'node', '-e', healthCheck],
        // Starting node for it takes about half a second of a quarter of a processor.
        interval: Duration.seconds(30),
        timeout: Duration.seconds(10),
        startPeriod: Duration.seconds(60),
        retries: 3,
      },
      // Services drain for 20 s at most and stop by force then; ECS must not cut that short.
      stopTimeout: Duration.seconds(STOP_SECONDS),
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: name,
        logGroup: new logs.LogGroup(scope, 'Logs', {
          logGroupName: serviceLogGroupOf(documents.names, name),
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    });
    const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
      vpc: network.vpc,
      description: `Stepcast ${name}: HTTPS to AWS, nothing in`,
      allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS endpoints');
    const collectorPort = portOf(props.environment[ENV.otlpEndpoint]);
    if (collectorPort !== undefined && collectorPort !== HTTPS_PORT)
      securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(collectorPort), 'OTLP to the collector');
    const subnets = network.subnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
    const service = new ecs.FargateService(scope, 'Service', {
      serviceName,
      cluster: this.#cluster,
      taskDefinition: task,
      ...(props.copies === undefined ? {} : { desiredCount: props.copies }),
      minHealthyPercent: 100,
      maxHealthyPercent: MAX_HEALTHY_PERCENT,
      circuitBreaker: { rollback: true },
      securityGroups: [securityGroup],
      assignPublicIp: network.assignPublicIp ?? false,
      vpcSubnets: subnets,
    });
    // Without a way out no image can be fetched: a service that starts before its routes is rolled back.
    service.node.addDependency(network.vpc.selectSubnets(subnets).internetConnectivityEstablished);
    return service;
  }
}
