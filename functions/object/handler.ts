import type { Completeness, ObjectAnswer, ObjectEvent } from '../../lib/aws/object/events.ts';
import { isObjectComplete, onObjectEvent } from '../../lib/aws/object/events.ts';
import { openObjects } from '../../lib/aws/object/open.ts';

const objects = openObjects();

/** Of the construct PieceworkObject: CloudFormation creates, changes or deletes one. */
export async function onEvent(event: ObjectEvent): Promise<ObjectAnswer> {
  return await onObjectEvent(objects, event);
}

export async function isComplete(event: ObjectEvent): Promise<Completeness> {
  return await isObjectComplete(objects, event);
}
