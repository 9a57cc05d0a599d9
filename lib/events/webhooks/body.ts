import { printableJson } from '../../values/text/printable.ts';

/** An event's detail, as docs/events.md has it. */
interface Detail {
  readonly id: string;
  readonly at: string;
  readonly status: string;
}

export const WEBHOOK_TYPE = 'application/cloudevents+json; charset=utf-8';

/**
 * What is posted: the event in the JSON format of CloudEvents 1.0
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md), its detail in `data`. It says
 * its type inside what is signed, so that headers need not be believed.
 * @param source who tells it: `piecework`
 */
export function webhookBody(detail: Detail & ({ transferId: string } | { batchId: string }), source: string): string {
  const [kind, subject] = 'batchId' in detail ? ['batch', detail.batchId] : ['transfer', detail.transferId];
  return printableJson({
    specversion: '1.0',
    id: detail.id,
    source,
    type: `piecework.${kind}.${detail.status}`,
    subject,
    time: detail.at,
    datacontenttype: 'application/json',
    data: detail,
  });
}
