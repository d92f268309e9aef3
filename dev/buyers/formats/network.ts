import { drawnPrice } from '../decision.ts';
import { json, type WireFormat } from '../wire.ts';

/** Where its offers lead. Nobody lives there. */
const OFFERS_HOST = 'https://offers.example';

/** A click network: `/network/<name>/offers` answers offers with what a click pays, in dollars, best or not. */
export const network: WireFormat = {
  read({ endpoint }) {
    return endpoint === 'offers' ? { operation: 'ping' } : {};
  },

  write({ verdict, bids, bidId, price, reason }) {
    if (verdict === 'none') return json({ error: reason }, 500);
    if (verdict !== 'accepted') return json({ offers: [] });
    const name = bidId.split('_')[1] ?? '';
    // A click is worth a hundredth of a lead.
    const drawn = typeof price === 'number' ? Math.round(price) / 100 : price;
    const prices = bids.length > 0 ? bids : [drawn ?? drawnPrice(name, '') / 100];
    const offers = prices.map((cpc, index) => ({
      id: `${name}-${index + 1}`,
      title: `Offer ${index + 1} of ${name}`,
      text: 'Compare three quotes in two minutes.',
      picture: `${OFFERS_HOST}/pictures/${name}.png`,
      cpc,
      link: `${OFFERS_HOST}/go/${name}/${index + 1}`,
    }));
    return json({ offers });
  },
};
