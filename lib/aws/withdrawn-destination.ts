import type { Destination } from '../destinations/destination.ts';
import { PieceworkError } from '../errors/error.ts';
import type { DestinationLocator } from '../transfer/locators.ts';

/**
 * A place that the deployment had when a transfer to it began, and has no more. Nothing is asked of it: its rights went
 * with it.
 */
export function withdrawnDestination(before: Destination, allowed: string): Destination {
  const { kind, limits, features, proof } = before;
  const describe = (target: DestinationLocator) => before.describe(target);
  const refuse = async (target: DestinationLocator): Promise<never> => {
    throw new PieceworkError(
      'DestinationWithdrawn',
      `${describe(target)} is not among the destinations of this deployment any more (${allowed}); put it back and retry the transfer`,
      { details: { target: describe(target) } },
    );
  };
  const ofUpload = ({ target }: { readonly target: DestinationLocator }) => refuse(target);
  return {
    kind,
    limits,
    features,
    proof:
      proof.kind === 'staging'
        ? { kind: 'staging', locate: proof.locate, read: ofUpload, promote: ofUpload, delete: refuse }
        : { kind: 'none' },
    describe,
    check: ofUpload,
    head: refuse,
    putObject: ofUpload,
    createUpload: ofUpload,
    uploadPart: ofUpload,
    listParts: ofUpload,
    completeUpload: ofUpload,
    abortUpload: ofUpload,
    listUploads: refuse,
    [Symbol.asyncDispose]: () => before[Symbol.asyncDispose](),
  };
}
