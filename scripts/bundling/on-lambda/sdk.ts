import type { Plugin } from 'esbuild';

/**
 * What the SDK does at each start, and a function on Lambda has no use for. There are no shared configuration files
 * (`~/.aws`): Lambda says everything in variables, which come first anyway. No call of ours has a stream of events.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const sdkOnLambda: Plugin = {
  name: 'sdk-on-lambda',
  setup(build) {
    build.onLoad({ filter: /@smithy\/core\/.*\/loadSharedConfigFiles\.js$/ }, () => ({
      contents: `export { CONFIG_PREFIX_SEPARATOR } from './constants';
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
    }));
    build.onLoad({ filter: /@smithy\/core\/.*\/eventstream-serde\/EventStreamMarshaller\.js$/ }, () => ({
      contents: `export class EventStreamMarshaller {}
export const eventStreamSerdeProvider = () => ({});`,
    }));
  },
};
