import { PieceworkError } from '../../lib/errors/error.ts';

/** A failure that the result on stdout has already: as JSON it is not said once more. */
export class ReportedError extends PieceworkError {}
