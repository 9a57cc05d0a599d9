import * as z from 'zod';
import { makeDescribable } from './describable.ts';
import { inFlightSchema, troubleSchema } from './transfer.ts';

makeDescribable();

/** `pieces`: how far a transfer is, piece by piece. */
const piecesEventSchema = z.object({
  id: z.string(),
  doneRanges: z.array(z.tuple([z.int(), z.int()])),
  inFlight: z.array(inFlightSchema),
  troubleCount: z.int(),
  trouble: z.array(troubleSchema),
  bytesPerSecond: z.int(),
});

export type PiecesEvent = z.infer<typeof piecesEventSchema>;
