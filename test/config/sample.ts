import type { ConfigurationFile } from '../../schema/configuration.ts';

/** A small configuration that uses every collection, and keys that a document's field names may not have. */
export function sampleFile(): ConfigurationFile {
  return {
    campaigns: [
      {
        id: 'cmp_auto',
        name: 'Auto insurance',
        timezone: 'America/New_York',
        fields: [
          { name: 'zip', type: 'zip', required: 'ping' },
          { name: 'age', type: 'number' },
          { name: 'phone', type: 'phone', required: 'post' },
        ],
        auction: { minPrice: 4.5, noBuyer: 'hold' },
        dedupe: { fields: ['phone'], withinDays: 30 },
      },
    ],
    sellers: [{ id: 'sel_north', name: 'North Media' }],
    sources: [{ id: 'src_north', seller: 'sel_north', campaigns: ['cmp_auto'] }],
    buyers: [
      { id: 'buy_acme', name: 'Acme' },
      { id: 'buy_beta', name: 'Beta', paused: true },
    ],
    rules: [{ id: 'rul_adult', logic: { '>=': [{ var: 'lead.age' }, 25] } }],
    events: [{ id: 'sale', conversion: true }, { id: 'call' }],
    eventLists: [{ id: 'evl_all', events: ['sale', 'call'] }],
    integrations: [
      {
        id: 'int_acme',
        campaign: 'cmp_auto',
        buyer: 'buy_acme',
        category: 'Buyer',
        secrets: ['token'],
        rule: 'rul_adult',
        caps: [{ count: 'accepted', max: 50, per: 'day' }],
        schedule: [{ days: 'mon-fri', from: '08:00', to: '20:00' }],
        ping: {
          request: {
            url: 'https://bids.acme.example/ping',
            headers: { authorization: 'Bearer {{secrets.token}}' },
            json: { 'contact.zip': 'lead.zip' },
          },
          response: {
            rejected: { 'body.status': 'reject' },
            accepted: { 'body.status': ['continue', 'ok'] },
            bid: { price: 'body.price', id: 'body.promise' },
          },
        },
        post: {
          request: { url: 'https://bids.acme.example/post', json: { promise: 'bid.id', phone: 'lead.phone' } },
          response: { rejected: 'body.status = "reject"', accepted: 'body.status = "sold"', price: 'body.price' },
        },
      },
    ],
  };
}
