import type { Destination } from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';
import type { Body } from '../../lib/values/bytes.ts';
import { identityOf } from '../support/places.ts';
import { STORE_FINISH, STORE_READ, STORE_WRITE } from './faults.ts';
import { deniable } from './sim-ask.ts';
import { simCopy } from './sim-copy.ts';
import type { SimProcess } from './sim-process.ts';
import { simProof } from './sim-proof.ts';
import type { World } from './world.ts';

/** The port to the object store, as one process has it: each call is one request, which may be lost on either way. */
export function simDestination(process: SimProcess, world: World): Destination {
  const { store, rules, scenario } = world;
  const { commands } = rules;
  const { limits, features } = scenario.destination;
  const serverSideCopy = simCopy(process, world);

  /** Who does not know whether it was done must ask, before anything else is written (rule 11). */
  async function finish<T>(target: string, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof PieceworkError && error.code !== 'DestinationDenied') commands.doubts(process, target);
      throw error;
    }
  }

  const ask = deniable(process, world);

  /** The connection breaks by itself, or because its process dies. */
  function isCutOff(): boolean {
    if (process.isAlive || !process.world.chance.hit(0.5)) return process.world.strikes('partCut');
    process.world.count('partCut');
    return true;
  }

  const destination: Destination = {
    kind: scenario.destination.kind,
    describe: identityOf,
    limits,
    features,
    ...(serverSideCopy === undefined ? {} : { serverSideCopy }),
    proof: simProof(process, world, () => destination),
    check: (_object, { signal }) => process.call('check the destination', STORE_READ, () => {}, signal),
    head(target, { signal }) {
      commands.asks(process, identityOf(target));
      return ask('head', `head ${identityOf(target)}`, STORE_READ, () => store.head(target, features.token), signal);
    },

    async putObject(object, sizeBytes, body, condition, { signal }) {
      const { bytes, crc32 } = await collect(body, sizeBytes);
      commands.mayPut(process, object.token);
      const put = ask(
        'put',
        `put object ${object.token.slice(-4)}`,
        STORE_FINISH,
        () => store.put(object.target, bytes, object.token, object.validator, condition),
        signal,
      );
      const stored = await finish(identityOf(object.target), put);
      return { ...stored, crc32 };
    },

    createUpload: (object, { signal }) =>
      ask(
        'create',
        `create upload ${object.token.slice(-4)}`,
        STORE_WRITE,
        () => {
          const id = store.create(object);
          return { target: object.target, id, token: object.token };
        },
        signal,
      ),

    async uploadPart(upload, part, body, { signal }) {
      const { bytes } = await collect(body, part.sizeBytes);
      const sentWhileOpen = store.uploads.get(upload.id)?.state === 'open';
      const land = () => {
        // Some stores keep what had come when the connection was cut off.
        const isNew = store.uploads.get(upload.id)?.parts.has(part.number) !== true;
        const isCut = isNew && bytes.length > 1 && isCutOff();
        const made = store.uploadPart(upload.id, part, isCut ? bytes.subarray(1) : bytes, sentWhileOpen);
        if (isCut) throw new PieceworkError('DestinationUnreachable', 'the connection broke in the middle of the part');
        return made;
      };
      return await ask('part', `part ${part.number} of ${upload.id}`, STORE_WRITE, land, signal);
    },

    listParts: (upload, after, { signal }) =>
      ask('list', `list ${upload.id} after ${after}`, STORE_READ, () => store.list(upload.id, after), signal),

    completeUpload(upload, proof, { signal }) {
      commands.mayComplete(process, upload.id);
      const complete = () => store.complete(upload.id, proof);
      const call = ask('complete', `complete ${upload.id}`, STORE_FINISH, complete, signal);
      return finish(identityOf(upload.target), call);
    },

    abortUpload(upload, { signal }) {
      commands.mayAbort(process, upload.id);
      return ask(
        'abort',
        `abort ${upload.id}`,
        STORE_WRITE,
        () => {
          commands.aborts(upload.id);
          store.abort(upload.id);
        },
        signal,
      );
    },

    listUploads: (target, { signal }) =>
      ask(
        'listUploads',
        `list uploads of ${identityOf(target)}`,
        STORE_READ,
        () => store.openUploads(target, { withToken: scenario.destination.kind === 'file' }),
        signal,
      ),
    releaseUpload: (_upload, { signal }) => process.call('release upload', STORE_READ, () => {}, signal),

    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return destination;
}

/** Takes the bytes out of the windows, which will be reused, and compares what the sender says of them. */
async function collect(body: Body, sizeBytes: number): Promise<{ readonly bytes: Uint8Array; readonly crc32: number }> {
  const bytes = body.kind === 'whole' ? Uint8Array.from(body.bytes) : await gather(body);
  if (bytes.length !== sizeBytes)
    throw new PieceworkError('DestinationServerError', `IncompleteBody: ${bytes.length} of ${sizeBytes}`);
  const checksum = crc32(bytes);
  if (body.kind === 'whole' && body.crc32 !== checksum) throw new PieceworkError('ChecksumMismatch', 'BadDigest');
  return { bytes, crc32: checksum };
}

async function gather(body: Body & { readonly kind: 'windows' }): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let view = await body.next(); view !== undefined; view = await body.next()) chunks.push(Uint8Array.from(view));
  return Buffer.concat(chunks);
}
