import type { Destination, Destinations } from '../../destinations/destination.ts';
import type { Events } from '../../events/events.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { Source, Sources } from '../../sources/source.ts';
import type { Attributes, Tracing } from './tracing.ts';

/** The ports, with what is asked of sources and of destinations as spans, and what happens as events in them. */
export function tracedPorts(ports: Ports, tracing: Tracing): Ports {
  return {
    ...ports,
    sources: tracedSources(ports.sources, tracing),
    destinations: tracedDestinations(ports.destinations, tracing),
    events: tracedEvents(ports.events, tracing),
  };
}

function tracedSources(sources: Sources, tracing: Tracing): Sources {
  return (url) => {
    const own = sources(url);
    const asking = <T>(name: string, attributes: Attributes, ask: () => Promise<T>) =>
      tracing.during({ name: `source ${name}`, kind: 'client', attributes: { ...hostOf(url), ...attributes } }, ask);
    return {
      schemes: own.schemes,
      probe: (...args) => asking('probe', {}, () => own.probe(...args)),
      // As far as its head; what the body takes is in the span of the piece.
      open: (...args) => {
        const [, , { start, end }] = args;
        return asking('open', { 'piecework.range.start': start, 'piecework.range.end': end }, () => own.open(...args));
      },
      copySource: (from) => own.copySource(from),
      [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
    } satisfies Source;
  };
}

/** Path and query may hold secrets. */
function hostOf(url: string): Attributes {
  const { hostname, protocol } = URL.parse(url) ?? { hostname: '', protocol: '' };
  return { 'server.address': hostname, 'url.scheme': protocol.slice(0, -1) };
}

function tracedDestinations(destinations: Destinations, tracing: Tracing): Destinations {
  return (target) => {
    const own = destinations(target);
    const asking = <T>(name: string, ask: () => Promise<T>, attributes: Attributes = {}) =>
      tracing.during({ name: `destination ${name}`, kind: 'client', attributes }, ask);
    return {
      ...own,
      createUpload: (...args) => asking('create upload', () => own.createUpload(...args)),
      uploadPart: (...args) =>
        asking('upload part', () => own.uploadPart(...args), {
          'aws.s3.part_number': args[1].number,
          'piecework.bytes': args[1].sizeBytes,
        }),
      completeUpload: (...args) => asking('complete upload', () => own.completeUpload(...args)),
      putObject: (...args) => asking('put object', () => own.putObject(...args), { 'piecework.bytes': args[1] }),
      listParts: (...args) => asking('list parts', () => own.listParts(...args)),
    } satisfies Destination;
  };
}

/** Progress of every second would drown the others. */
const LEFT_OUT = new Set(['piece.progress', 'piece.started']);

function tracedEvents(events: Events, tracing: Tracing): Events {
  return {
    async emit(event) {
      if (!LEFT_OUT.has(event.type)) {
        const error = 'error' in event ? event.error : 'reason' in event ? event.reason : undefined;
        const attributes = error === undefined ? {} : { 'error.type': error.code };
        tracing.event(event.type, attributes);
        if (event.type === 'piece.failed') tracing.note({ failed: event.error.code });
      }
      await events.emit(event);
    },
  };
}
