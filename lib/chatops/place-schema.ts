import { z } from 'zod';
import { PLACE } from './place.ts';

/** Where a message goes that nobody asked for; see {@link PLACE}. */
export const placeSchema = z
  .string({ error: "write channel and place, 'slack:ops'" })
  .regex(PLACE, { error: "write channel and place, 'slack:ops'" });
