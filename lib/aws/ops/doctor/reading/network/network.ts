import type { NetworkSeen, SubnetSeen, WayOut } from '../../seen.ts';
import type { AskEc2 } from './ec2.ts';
import type { Element } from './elements.ts';
import { allNamed, fieldOf, itemsOf } from './elements.ts';

/** Where a function runs, by its own configuration. */
export interface PlaceOfFunction {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

const EVERYWHERE = '0.0.0.0/0';

/**
 * What the subnets of functions reach: by their route tables, and by endpoints of services in their VPC.
 * https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
 * @throws PieceworkError `HomeRefused`, `HomeUnavailable`.
 */
export async function readNetwork(ask: AskEc2, { vpcId, subnetIds }: PlaceOfFunction): Promise<NetworkSeen> {
  const filter = { 'Filter.1.Name': 'vpc-id', 'Filter.1.Value.1': vpcId };
  const named = Object.fromEntries(subnetIds.map((id, index) => [`SubnetId.${index + 1}`, id]));
  const [subnets, tables, endpoints] = await Promise.all([
    answered(ask('DescribeSubnets', named), 'subnetSet'),
    answered(ask('DescribeRouteTables', filter), 'routeTableSet'),
    answered(ask('DescribeVpcEndpoints', filter), 'vpcEndpointSet'),
  ]);
  const available = endpoints.filter((one) => fieldOf(one, 'state').toLowerCase() === 'available');
  const services = (type: string) =>
    available.filter((one) => fieldOf(one, 'vpcEndpointType') === type).map((one) => serviceOf(one));
  return {
    vpcId,
    services: [...new Set(services('Interface'))],
    subnets: subnetIds.map((id) => subnetSeen(id, subnets, tables, available)),
  };
}

async function answered(answer: Promise<Element>, list: string): Promise<readonly Element[]> {
  return allNamed(await answer, list).flatMap(({ children }) => children.filter(({ name }) => name === 'item'));
}

/** `com.amazonaws.eu-west-1.s3` → `s3`. */
function serviceOf(endpoint: Element): string {
  return fieldOf(endpoint, 'serviceName').split('.').at(-1) ?? '';
}

function subnetSeen(
  id: string,
  subnets: readonly Element[],
  tables: readonly Element[],
  endpoints: readonly Element[],
): SubnetSeen {
  const subnet = subnets.find((one) => fieldOf(one, 'subnetId') === id);
  const free = subnet === undefined ? '' : fieldOf(subnet, 'availableIpAddressCount');
  const table = tableOf(id, tables);
  const tableId = table === undefined ? '' : fieldOf(table, 'routeTableId');
  const hasS3Route = endpoints.some(
    (one) =>
      fieldOf(one, 'vpcEndpointType') === 'Gateway' &&
      serviceOf(one) === 's3' &&
      itemsOf(one, 'routeTableIdSet').some(({ text }) => text.trim() === tableId),
  );
  return { id, wayOut: wayOutOf(table), hasS3Route, ...(free === '' ? {} : { freeAddresses: Number(free) }) };
}

/** Its own, else the main one of the VPC. */
function tableOf(subnetId: string, tables: readonly Element[]): Element | undefined {
  const associated = (field: string, value: string) =>
    tables.find((table) => itemsOf(table, 'associationSet').some((one) => fieldOf(one, field) === value));
  return associated('subnetId', subnetId) ?? associated('main', 'true');
}

function wayOutOf(table: Element | undefined): WayOut {
  const routes = table === undefined ? [] : itemsOf(table, 'routeSet');
  const out = routes.find((route) => fieldOf(route, 'destinationCidrBlock') === EVERYWHERE);
  if (out === undefined) return 'none';
  if (fieldOf(out, 'state') === 'blackhole') return 'broken';
  return fieldOf(out, 'gatewayId').startsWith('igw-') ? 'internet gateway' : 'other';
}
