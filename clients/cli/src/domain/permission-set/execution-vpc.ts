import { type PolicyStatement } from '@stepcast/policies';
import { type PermissionArns } from './names.ts';
import { allow, on } from './statement.ts';

/** What CloudFormation needs besides where the stack makes its own VPC. Networks have IDs and no names. */
export function vpcStatements(arns: PermissionArns): readonly PolicyStatement[] {
  const kinds = ['vpc', 'subnet', 'route-table', 'internet-gateway', 'natgateway', 'elastic-ip'];
  return [
    allow(
      'Network',
      on(
        'ec2',
        'CreateVpc DeleteVpc ModifyVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute CreateRouteTable DeleteRouteTable AssociateRouteTable DisassociateRouteTable CreateRoute DeleteRoute CreateInternetGateway DeleteInternetGateway AttachInternetGateway DetachInternetGateway CreateNatGateway DeleteNatGateway AllocateAddress ReleaseAddress CreateTags',
      ),
      kinds.map((kind) => arns.of('ec2', `${kind}/*`)),
    ),
    allow(
      'ReadNetworks',
      on(
        'ec2',
        'DescribeVpcs DescribeVpcAttribute DescribeSubnets DescribeRouteTables DescribeInternetGateways DescribeNatGateways DescribeAddresses DescribeAvailabilityZones',
      ),
      '*',
    ),
  ];
}
