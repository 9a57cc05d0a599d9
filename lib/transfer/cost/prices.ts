/**
 * List prices of us-east-1 in US dollars, without free tiers and discounts. The one place where a price stands: when
 * AWS changes one, change it here, and the date.
 */
export const PRICES = {
  region: 'us-east-1',
  /** When they were last compared with AWS's pages. */
  asOf: '2026-10',
  /** S3 Standard: PUT, COPY, POST and LIST; a part is a PUT. https://aws.amazon.com/s3/pricing/ */
  s3Write: 0.005 / 1000,
  /** S3 Standard: GET, HEAD and all others; DELETE is free. https://aws.amazon.com/s3/pricing/ */
  s3Read: 0.0004 / 1000,
  /** Standard queues, for each 64 KB of a request: send, receive, delete. https://aws.amazon.com/sqs/pricing/ */
  queueRequest: 0.4 / 1e6,
  /** https://aws.amazon.com/lambda/pricing/ */
  functionRun: 0.2 / 1e6,
  /** For a GB-second, of the functions' architecture; a GB is 1,024 MB of memory. The same page. */
  gbSecond: { arm64: 0.0000133334, x86: 0.0000166667 },
  /** Custom events. https://aws.amazon.com/eventbridge/pricing/ */
  event: 1 / 1e6,
  /** REST API. https://aws.amazon.com/api-gateway/pricing/ */
  apiRequest: 3.5 / 1e6,
  /** For each GiB through a NAT gateway, besides its hours. https://aws.amazon.com/vpc/pricing/ */
  natGib: 0.045,
  /** For each GiB that leaves the Region. https://aws.amazon.com/ec2/pricing/on-demand/ */
  egressGib: {
    /** To another Region of AWS. */
    region: 0.02,
    /** To the internet, up to 10 TiB a month. */
    internet: 0.09,
  },
} as const;

export type Architecture = keyof typeof PRICES.gbSecond;
export type Egress = keyof typeof PRICES.egressGib;
