/** The transfer or the batch that a message is about; a span of the tick is about many, and has neither. */
export interface AboutOne {
  readonly transferId?: string;
  readonly batchId?: string;
}

/**
 * What a message is about, by its fields alone, whatever its kind and version: for those who search the log, and for
 * people who look at dead letters. A dead letter has it in its task, a notification in its event.
 */
export function aboutMessage(message: unknown): AboutOne {
  const { transferId, batchId, task, detail } = Object(message) as Readonly<Record<string, unknown>>;
  if (typeof transferId === 'string') return { transferId };
  if (typeof batchId === 'string') return { batchId };
  return task === undefined && detail === undefined ? {} : aboutMessage(task ?? detail);
}

/** The same of a message's body; of what is no JSON, nothing. */
export function aboutBody(body: string): AboutOne {
  try {
    return aboutMessage(JSON.parse(body));
  } catch {
    return {};
  }
}
