import type { Mutation } from './mutation.ts';

/** What would break an invariant of loads (docs/adr/0039-loads.md). */
export const LOAD_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a load has one connection, whatever it was given',
    file: 'lib/transfer/loads/loads.ts',
    find: 'return Math.max(0, held - connections);',
    replace: 'return Math.max(0, held - Math.min(1, connections));',
  },
  {
    name: 'pieces that a load leaves are handed back each time that it says so',
    file: 'lib/transfer/loads/loads.ts',
    find: 'pieces.filter((number) => hasPiece(load.pieces, number))',
    replace: 'pieces',
  },
  {
    name: 'pieces that a load leaves are forgotten',
    file: 'lib/transfer/loads/loads.ts',
    find: 'returned: pieceSet(0, [...piecesIn(loads.returned), ...handed]),',
    replace: 'returned: loads.returned,',
  },
  {
    name: 'all pieces of a load have failed when its worker kept dying',
    file: 'lib/transfer/loads/loads.ts',
    find: 'slice(0, Math.max(1, load.connections));',
    replace: 'slice(0);',
  },
  {
    name: 'a piece goes to another worker, and the load keeps it',
    file: 'lib/transfer/loads/loads.ts',
    find: 'other === load ? { ...load, pieces: kept } : other',
    replace: 'other',
  },
];
