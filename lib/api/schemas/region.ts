import './describable.ts';
import * as z from 'zod';

export const regionSchema = z.string().regex(/^[a-z0-9-]{1,40}$/, 'is no region');
