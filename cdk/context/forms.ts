import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { parseDuration } from '../../lib/values/units.ts';
import type { PieceworkVpc } from '../props/props.ts';
import { PieceworkPropsError } from '../props/props-error.ts';

/** How the value of a prop is written as a text, and read from one. */
export interface Form<Value> {
  /** For docs and refusals: `2m`, `s3://bucket/prefix/,…`. */
  readonly written: string;
  /** `undefined` = the text is none of this form. */
  read(text: string, place: FormPlace): Value | undefined;
}

/** Where a value that is a construct belongs to. */
export interface FormPlace {
  readonly scope: Construct;
  /** The prop's. */
  readonly name: string;
}

interface BucketPlace {
  readonly bucket: IBucket;
  readonly prefix?: string;
}

export const plainText: Form<string> = { written: 'TEXT', read: (text) => (text === '' ? undefined : text) };

export const listOfTexts = (written: string): Form<readonly string[]> => ({ written, read: itemsOf });

export const listOfNumbers: Form<readonly number[]> = {
  written: 'NUMBER,…',
  read: (text) => itemsOf(text).map(Number),
};

/** The construct knows the bounds. */
export const wholeNumber: Form<number> = {
  written: 'NUMBER',
  read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
};

export const duration: Form<Duration> = {
  written: '20s, 2m',
  read(text) {
    const ms = parseDuration(text);
    return ms === undefined ? undefined : Duration.millis(ms);
  },
};

/** One of some words, each with its value. */
export function oneOf<Value>(words: Readonly<Record<string, Value>>): Form<Value> {
  return {
    written: Object.keys(words).join(' or '),
    read: (text) => (Object.hasOwn(words, text) ? words[text] : undefined),
  };
}

export const removal = oneOf({ retain: RemovalPolicy.RETAIN, destroy: RemovalPolicy.DESTROY });
export const processor = oneOf({ arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 });

export const logDays: Form<RetentionDays> = {
  written: 'DAYS, forever',
  read(text) {
    if (text === 'forever') return RetentionDays.INFINITE;
    const days = Number(text);
    return typeof RetentionDays[days] === 'string' && days < RetentionDays.INFINITE ? days : undefined;
  },
};

/** `name=value` pairs with commas between them, as in `change=anyone,read=owner`. */
export function pairs<Value>(written: string, toValue: (text: string) => Value): Form<Record<string, Value>> {
  return {
    written,
    read(text) {
      const found = itemsOf(text).map((item) => /^([A-Za-z]+)=(.+)$/.exec(item));
      if (found.length === 0 || found.includes(null)) return undefined;
      return Object.fromEntries(found.map((match) => [match?.[1] ?? '', toValue(match?.[2] ?? '')]));
    },
  };
}

/** The same, with names as tags of AWS have them. */
export const tagPairs: Form<Record<string, string>> = {
  written: 'team=files,…',
  read(text) {
    const found = itemsOf(text).map((item) => /^([^=]+)=(.*)$/.exec(item));
    if (found.length === 0 || found.includes(null)) return undefined;
    return Object.fromEntries(found.map((match) => [match?.[1]?.trim() ?? '', match?.[2]?.trim() ?? '']));
  },
};

/** A construct that exists elsewhere, by its ARN. */
export function byArn<Value>(service: string, make: (place: FormPlace, arn: string) => Value): Form<Value> {
  const shape = new RegExp(`^arn:[a-z-]+:${service}:[a-z0-9-]*:\\d{12}:\\S+$`);
  return {
    written: `arn:aws:${service}:…`,
    read: (text, place) => (shape.test(text) ? make(place, text) : undefined),
  };
}

/** Buckets of the account, with what their keys begin with. */
export function buckets(id: string): Form<readonly BucketPlace[]> {
  return {
    written: 's3://bucket/prefix/,…',
    read: (text, { scope, name }) =>
      itemsOf(text).map((place, index) => {
        const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(place) ?? [];
        if (bucket === undefined)
          throw new PieceworkPropsError(`${name}: "${place}" is no bucket: give s3://bucket or s3://bucket/prefix/.`);
        return {
          bucket: Bucket.fromBucketName(scope, `${id}${index + 1}`, bucket),
          ...(prefix === '' ? {} : { prefix }),
        };
      }),
  };
}

export function itemsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A VPC and the subnets in it that the functions run in. */
export const vpcAndSubnets: Form<PieceworkVpc> = {
  written: 'vpc-ID,subnet-ID,…',
  read(text, { scope, name }) {
    const [vpcId = '', ...privateSubnetIds] = itemsOf(text);
    const isWhole = /^vpc-[0-9a-f]{8,17}$/.test(vpcId) && privateSubnetIds.length > 0;
    if (!isWhole || !privateSubnetIds.every((id) => /^subnet-[0-9a-f]{8,17}$/.test(id))) return undefined;
    // Where a subnet lies, and by which table it routes, no function asks.
    const availabilityZones = privateSubnetIds.map((id) => `zone of ${id}`);
    const vpc = Vpc.fromVpcAttributes(scope, name, { vpcId, availabilityZones, privateSubnetIds });
    for (const subnet of vpc.privateSubnets)
      Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId');
    return { vpc };
  },
};
