import type { Finding } from '../finding.ts';
import { finding, ok } from '../finding.ts';
import type { DeploymentSeen, NetworkSeen, SubnetSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

const CHECK = 'network';
/** What planner and fetcher ask of AWS besides S3, whatever the props. */
const ASKED = ['sqs', 'events'];
/** Lambda makes an interface in each subnet for each kind of function, and some more while it changes. */
const FEW_ADDRESSES = 8;

/** Whether functions that run in a VPC reach sources and AWS from there; without a VPC there is nothing to look at. */
export function checkNetwork({ network }: DeploymentSeen): readonly Finding[] {
  return whenSeen(CHECK, network, (networks) =>
    networks.flatMap((one) => {
      const wrong = one.subnets.flatMap((subnet) => [...wayOut(one, subnet), ...toS3(one, subnet), ...room(subnet)]);
      const ids = one.subnets.map(({ id }) => id).join(', ');
      return wrong.length > 0 ? wrong : [ok(CHECK, `${one.vpcId}: ${ids} reach sources, S3 and queues`)];
    }),
  );
}

const see = 'Network' as const;

function wayOut(network: NetworkSeen, { id, wayOut: way, hasS3Route }: SubnetSeen): readonly Finding[] {
  const todo = 'route 0.0.0.0/0 of it to a NAT gateway, or give other subnets (vpc.subnets)';
  if (way === 'internet gateway')
    return [
      finding(CHECK, 'broken', `${id} goes out by an internet gateway, and functions have no public address for it`, {
        todo,
        see,
      }),
    ];
  if (way === 'broken')
    return [finding(CHECK, 'broken', `what the route 0.0.0.0/0 of ${id} leads to is gone`, { todo, see })];
  if (way === 'other') return [];
  const missing = [...(hasS3Route ? [] : ['s3']), ...ASKED].filter((service) => !network.services.includes(service));
  if (missing.length > 0)
    return [
      finding(CHECK, 'broken', `${id} has no way out, and ${network.vpcId} no endpoint for ${missing.join(', ')}`, {
        todo: `${todo}; or endpoints for these`,
        see,
      }),
    ];
  return [finding(CHECK, 'look', `${id} has no way out: only sources in ${network.vpcId} are reached`, { todo, see })];
}

/** All bytes of objects go to S3, and a NAT gateway counts them. */
function toS3(network: NetworkSeen, { id, wayOut: way, hasS3Route }: SubnetSeen): readonly Finding[] {
  if (way !== 'other' || hasS3Route || network.services.includes('s3')) return [];
  return [
    finding(CHECK, 'look', `${id} reaches S3 as all else, which costs by the GiB where that is a NAT gateway`, {
      todo: `a gateway endpoint for S3 in its route table, which is free: aws ec2 create-vpc-endpoint --vpc-id ${network.vpcId} --service-name com.amazonaws.REGION.s3 --route-table-ids …`,
      see,
    }),
  ];
}

function room({ id, freeAddresses }: SubnetSeen): readonly Finding[] {
  if (freeAddresses === undefined || freeAddresses >= FEW_ADDRESSES) return [];
  return [
    finding(CHECK, 'look', `${id} has ${freeAddresses} free addresses`, { todo: 'give more or larger subnets', see }),
  ];
}
