/** The tracking fields that a report can be split by; each is a text of the lead. */
export const TRACKING_DIMENSIONS = [
  ...(['sub1', 'sub2', 'sub3', 'sub4', 'sub5'] as const),
  ...(['adv1', 'adv2', 'adv3', 'adv4', 'adv5'] as const),
  ...(['utm_source', 'utm_medium', 'utm_campaign', 'utm_adgroup', 'utm_matchtype', 'utm_term'] as const),
  ...(['utm_content', 'utm_creative', 'utm_placement'] as const),
] as const;
export type TrackingDimension = (typeof TRACKING_DIMENSIONS)[number];

/** What a report can be split by. */
export const DIMENSIONS = [
  'day',
  'campaign',
  'source',
  'buyer',
  'outcome',
  'event',
  'listing',
  'network',
  ...TRACKING_DIMENSIONS,
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What a report can be narrowed to one value of; days have a range of their own. */
export type FilterName = Exclude<Dimension, 'day'>;

/** Who asks: sellers and buyers see their own figures only, from their own side. */
export type Side = 'seller' | 'buyer';

/** An operator sees everybody's. */
export type ReportSide = Side | 'operator';

/**
 * What each side may split by and filter on. A seller sees no buyer and no click network, and a buyer nothing that tells
 * one seller from another: sub ids and UTM parameters are the seller's own.
 */
export const DIMENSIONS_OF: Readonly<Record<ReportSide, ReadonlySet<Dimension>>> = {
  seller: new Set(DIMENSIONS.filter((dimension) => !['buyer', 'listing', 'network'].includes(dimension))),
  buyer: new Set<Dimension>(['day', 'campaign', 'buyer', 'outcome']),
  operator: new Set<Dimension>(['day', 'campaign', 'source', 'buyer', 'outcome', 'listing', 'network']),
};

export function isTrackingDimension(dimension: Dimension): dimension is TrackingDimension {
  return (TRACKING_DIMENSIONS as readonly string[]).includes(dimension);
}
