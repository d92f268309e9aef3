export const MODES = ['live', 'test'] as const;
/** Of a key, and of what came with it. `test` is a sandbox: it goes to no real buyer, and no money is entered for it. */
export type Mode = (typeof MODES)[number];

/** Whose a record is: its campaign, and who sent what it is about. */
export interface Origin {
  campaign: string;
  seller: string;
  source: string;
  mode: Mode;
}

const text = { type: String, required: true } as const;

/** The field `mode` of a schema. */
export const MODE = { type: String, enum: MODES, required: true } as const;
/** The fields of an `Origin` in a schema. */
export const ORIGIN = { campaign: text, seller: text, source: text, mode: MODE } as const;
