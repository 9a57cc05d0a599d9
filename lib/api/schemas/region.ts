import * as z from 'zod';
import { makeDescribable } from './describable.ts';

makeDescribable();

export const regionSchema = z.string().regex(/^[a-z0-9-]{1,40}$/, 'is no region');
