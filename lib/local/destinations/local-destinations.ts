import type { DestinationKind, WrittenDestination } from '../../destinations/kind.ts';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';

/** The kinds of destination that are registered on one machine, as one. */
export interface LocalDestinations extends AsyncDisposable {
  readonly kinds: readonly DestinationKind[];
  /** @throws PieceworkError `InvalidDestination`: none of them is called so. */
  kind(name: string): DestinationKind;
  /** What a person wrote. @throws PieceworkError `InvalidDestination`. */
  parse(text: string): WrittenDestination;
  /** One text per place, also for the record of a kind that this version does not know. */
  identity(to: DestinationLocator): string;
  /** For people, without secrets. */
  describe(to: DestinationLocator): string;
}

/** @throws RangeError where two kinds have one name. */
export function localDestinations(kinds: readonly DestinationKind[]): LocalDestinations {
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  if (byName.size < kinds.length) throw new RangeError('two kinds of destination have one name');
  const forms = () => new Intl.ListFormat('en', { type: 'disjunction' }).format(kinds.flatMap((kind) => kind.forms));

  return {
    kinds,
    kind(name) {
      const kind = byName.get(name);
      if (kind !== undefined) return kind;
      const known = [...byName.keys()].join(', ');
      throw new PieceworkError('InvalidDestination', `no destination is of the kind ${name}; the kinds are ${known}`);
    },
    parse(text) {
      if (text === '') throw new PieceworkError('InvalidDestination', `the destination is empty: give ${forms()}`);
      for (const kind of kinds) {
        const written = kind.parse(text);
        if (written !== undefined) return written;
      }
      throw new PieceworkError('InvalidDestination', `${redactUrl(text)} is no destination: give ${forms()}`);
    },
    identity: (to) => byName.get(to.kind)?.identity(to) ?? JSON.stringify(to),
    describe: (to) => byName.get(to.kind)?.describe(to) ?? to.kind,
    async [Symbol.asyncDispose]() {
      await Promise.all(kinds.map((kind) => kind[Symbol.asyncDispose]()));
    },
  };
}
