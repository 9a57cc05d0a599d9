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
    name: 'pieces that a load leaves are forgotten',
    file: 'lib/transfer/loads/loads.ts',
    find: 'returned: pieceSet(0, [...piecesIn(loads.returned), ...handed]),',
    replace: 'returned: loads.returned,',
  },
  {
    name: 'a piece goes to another worker, and the load keeps it',
    file: 'lib/transfer/loads/loads.ts',
    find: 'other === load ? { ...load, pieces: kept } : other',
    replace: 'other',
  },
];
