import { ulid } from 'ulid';
import type { Ids } from '../values/random.ts';

export const systemIds: Ids = { ulid: () => ulid() };
