import { z } from 'zod';

export const FIELD_TYPES = [
  'text',
  'number',
  'date',
  'email',
  'phone',
  'zip',
  'state',
  'enum',
  'boolean',
  'ip',
  'url',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** What kind of personal data a field holds; masking, erasure and encryption go by it. */
export const FIELD_CLASSES = ['name', 'phone', 'email', 'address', 'sensitive', 'other'] as const;
export type FieldClass = (typeof FIELD_CLASSES)[number];

/** What may be done to the text of a value before it is read as its type. */
export const NORMALISERS = ['upper', 'lower', 'title', 'name', 'digits', 'letters', 'alphanumeric', 'ascii'] as const;
export type Normaliser = (typeof NORMALISERS)[number];

export const fieldSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be lower case letters, digits and _, starting with a letter')
    .describe('Name of the field in the API and in mappings (lead.<name>)'),
  label: z.string().max(200).optional().describe('Name shown to people'),
  type: z.enum(FIELD_TYPES),
  required: z
    .enum(['ping', 'post', 'never'])
    .optional()
    .describe('When the field must be there: already for a ping, only for a post, or never (default)'),
  class: z.enum(FIELD_CLASSES).optional().describe('Kind of personal data; default by type and name'),
  hidden: z.boolean().optional().describe('Left out of posting instructions. Default false'),
  normalise: z
    .array(z.enum(NORMALISERS))
    .min(1)
    .max(NORMALISERS.length)
    .optional()
    .describe(
      'Done in this order to a text, an enum or a ZIP code before it is checked: upper, lower and title case, name (what ' +
        'surrounds a name goes), digits, letters or alphanumeric only, ascii (é becomes e). Default name for people’s names',
    ),
  example: z
    .union([z.string().min(1).max(1000), z.number(), z.boolean()])
    .optional()
    .describe('A good value, for posting instructions. Default one that fits the type'),
  values: z.array(z.string().min(1)).min(1).max(1000).optional().describe('Allowed values of an enum'),
  min: z.number().optional().describe('Smallest number'),
  max: z.number().optional().describe('Largest number'),
  maxLength: z.int().min(1).max(10_000).optional().describe('Longest text, in characters. Default 1000'),
  pattern: z.string().max(500).optional().describe('Regular expression (RE2 syntax) the whole text must match'),
});
export type Field = z.infer<typeof fieldSchema>;
