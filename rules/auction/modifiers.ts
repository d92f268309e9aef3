import type { ModifierSettings } from '../../schema/auction.ts';
import { MICROS_PER_DOLLAR, parsePrice, signedMicros, type Micros } from '../money.ts';
import { afterMargins, type Margin } from '../payout.ts';

/** What changes the rank of certain bids, and what is kept of them. */
export interface CompiledModifier {
  /** Where it is written: `modifiers[2]`. */
  by: string;
  buyer?: string;
  integration?: string;
  source?: string;
  multiply?: number;
  add?: Micros;
  margin?: Margin;
}

/** One step from a bid's price to what it ranks as. */
export interface Adjustment {
  /** What made it: `rule`, or `modifiers[2]`. */
  by: string;
  multiply?: number;
  add?: Micros;
  margin?: Margin;
  /** What the bid counts for after it. */
  to: Micros;
}

export function compileModifiers(modifiers: readonly ModifierSettings[]): CompiledModifier[] {
  return modifiers.map(({ add, margin, ...rest }, at) => ({
    ...rest,
    by: `modifiers[${at}]`,
    ...(add === undefined ? {} : { add: signedMicros(add) }),
    ...(margin === undefined
      ? {}
      : {
          margin:
            'share' in margin
              ? { shareMillionths: Math.round(margin.share * MICROS_PER_DOLLAR) }
              : { amount: parsePrice(margin.amount) ?? 0 },
        }),
  }));
}

/** The modifiers for one bid, in their order. */
export function modifiersFor(
  modifiers: readonly CompiledModifier[],
  bid: { buyer: string; integration: string; source: string },
): CompiledModifier[] {
  return modifiers.filter(
    ({ buyer = bid.buyer, integration = bid.integration, source = bid.source }) =>
      buyer === bid.buyer && integration === bid.integration && source === bid.source,
  );
}

/**
 * From a bid's price to what it ranks as: first every margin is taken off, then the rule of its integration and every
 * modifier, each multiplied and then added to, in their order. Rounded to a micro-dollar at each step, never below zero.
 */
export function adjust(
  price: Micros,
  effects: { multiply: number; add: Micros } | undefined,
  modifiers: readonly CompiledModifier[],
): { ranksAs: Micros; adjustments: Adjustment[]; margins: Margin[] } {
  const adjustments: Adjustment[] = [];
  const margins: Margin[] = [];
  let value = price;
  for (const { by, margin } of modifiers) {
    if (!margin) continue;
    margins.push(margin);
    value = afterMargins([margin], value);
    adjustments.push({ by, margin, to: value });
  }
  const steps = [...(effects ? [{ by: 'rule', ...pickSteps(effects) }] : []), ...modifiers];
  for (const { by, multiply = 1, add = 0 } of steps) {
    if (multiply === 1 && add === 0) continue;
    value = Math.max(0, Math.round(value * multiply) + add);
    adjustments.push({ by, ...(multiply === 1 ? {} : { multiply }), ...(add === 0 ? {} : { add }), to: value });
  }
  return { ranksAs: value, adjustments, margins };
}

const pickSteps = ({ multiply, add }: { multiply: number; add: Micros }) => ({ multiply, add });
