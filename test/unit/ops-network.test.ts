import { expect, test } from 'vitest';
import { elementsOf } from '../../lib/aws/ops/doctor/reading/network/elements.ts';
import { readNetwork } from '../../lib/aws/ops/doctor/reading/network/network.ts';

// Answers in the form of EC2's documentation, shortened.

const SUBNETS = `<?xml version="1.0" encoding="UTF-8"?>
<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>r</requestId>
  <subnetSet>
    <item><subnetId>subnet-a</subnetId><vpcId>vpc-1</vpcId><availableIpAddressCount>251</availableIpAddressCount></item>
    <item><subnetId>subnet-b</subnetId><vpcId>vpc-1</vpcId><availableIpAddressCount>2</availableIpAddressCount></item>
  </subnetSet>
</DescribeSubnetsResponse>`;

const table = (id: string, associations: string, target: string, state = 'active') => `<item>
  <routeTableId>${id}</routeTableId><vpcId>vpc-1</vpcId>
  <routeSet>
    <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state></item>
    <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>${target}<state>${state}</state></item>
  </routeSet>
  <associationSet>${associations}</associationSet>
</item>`;
const tables = (...all: readonly string[]) =>
  `<DescribeRouteTablesResponse><routeTableSet>${all.join('')}</routeTableSet></DescribeRouteTablesResponse>`;
const MAIN = '<item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><main>true</main></item>';
const ofSubnet = (id: string) => `<item><subnetId>${id}</subnetId><main>false</main></item>`;
const NAT = '<natGatewayId>nat-1</natGatewayId>';

const ENDPOINTS = `<DescribeVpcEndpointsResponse><vpcEndpointSet>
  <item><vpcEndpointType>Gateway</vpcEndpointType><serviceName>com.amazonaws.eu-west-1.s3</serviceName>
    <state>available</state><routeTableIdSet><item>rtb-main</item></routeTableIdSet></item>
  <item><vpcEndpointType>Interface</vpcEndpointType><serviceName>com.amazonaws.eu-west-1.sqs</serviceName>
    <state>available</state></item>
  <item><vpcEndpointType>Interface</vpcEndpointType><serviceName>com.amazonaws.eu-west-1.events</serviceName>
    <state>pending</state></item>
</vpcEndpointSet></DescribeVpcEndpointsResponse>`;

async function seen(routeTables: string) {
  const asked: unknown[] = [];
  const answers: Readonly<Record<string, string>> = {
    DescribeSubnets: SUBNETS,
    DescribeRouteTables: routeTables,
    DescribeVpcEndpoints: ENDPOINTS,
  };
  const ask = async (action: string, parameters: object) => {
    asked.push({ action, ...parameters });
    return elementsOf(answers[action] ?? '');
  };
  const network = await readNetwork(ask, { vpcId: 'vpc-1', subnetIds: ['subnet-a', 'subnet-b'] });
  return { asked, network };
}

test('of each subnet its own route table counts, else the main one', async () => {
  const { asked, network } = await seen(
    tables(table('rtb-main', MAIN, NAT), table('rtb-b', ofSubnet('subnet-b'), '<gatewayId>igw-1</gatewayId>')),
  );
  expect(network).toEqual({
    vpcId: 'vpc-1',
    services: ['sqs'],
    subnets: [
      { id: 'subnet-a', wayOut: 'other', hasS3Route: true, freeAddresses: 251 },
      { id: 'subnet-b', wayOut: 'internet gateway', hasS3Route: false, freeAddresses: 2 },
    ],
  });
  expect(asked).toContainEqual({ action: 'DescribeSubnets', 'SubnetId.1': 'subnet-a', 'SubnetId.2': 'subnet-b' });
  expect(asked).toContainEqual({
    action: 'DescribeRouteTables',
    'Filter.1.Name': 'vpc-id',
    'Filter.1.Value.1': 'vpc-1',
  });
});

test('a route to a gateway that is gone, and none at all', async () => {
  const gone = await seen(tables(table('rtb-main', MAIN, NAT, 'blackhole')));
  expect(gone.network.subnets.map(({ wayOut }) => wayOut)).toEqual(['broken', 'broken']);
  const none = await seen(tables());
  expect(none.network.subnets).toMatchObject([
    { wayOut: 'none', hasS3Route: false },
    { wayOut: 'none', hasS3Route: false },
  ]);
});
