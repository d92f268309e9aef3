import type { Template } from '../templates.ts';

/** Trackers and networks that match a conversion by the click id they gave the visitor, by GET. */
const CLICK_ID = '{{default lead.external_clickid lead.clid}}';

/** https://helpdesk.everflow.io/customer/accessing-editing-s2s-postback-urls */
export const EVERFLOW: Template = {
  request: {
    method: 'GET',
    url: `https://{{config.domain}}/?nid={{config.nid}}&transaction_id=${CLICK_ID}`,
    query: {
      amount: 'event.revenue',
      event_id: 'config.event_id',
      adv1: 'event.transaction',
    },
  },
  settings: ['domain', 'nid'],
  secrets: [],
};

/**
 * https://support.tune.com/hc/en-us/articles/4413247665431-Receiving-Conversions-via-Postback-URL: what it refuses it
 * answers with 200 as well.
 */
export const TUNE: Template = {
  request: {
    method: 'GET',
    url: `https://{{config.domain}}/aff_lsr?transaction_id=${CLICK_ID}`,
    query: {
      offer_id: 'config.offer_id',
      amount: 'event.revenue',
    },
  },
  settings: ['domain'],
  secrets: [],
  accepted: "$contains(text, 'success=true')",
};

/** https://doc.voluum.com/article/parameters-in-postback-urls */
export const VOLUUM: Template = {
  request: {
    method: 'GET',
    url: `https://{{config.domain}}/postback?cid=${CLICK_ID}`,
    query: {
      payout: 'event.revenue',
      currency: 'event.currency',
      txid: 'event.transaction',
      et: 'config.event_type',
    },
  },
  settings: ['domain'],
  secrets: [],
};

/** https://developers.taboola.com/pixel/docs/the-postback-url */
export const TABOOLA: Template = {
  request: {
    method: 'GET',
    url: `https://trc.taboola.com/actions-handler/log/3/s2s-action?click-id=${CLICK_ID}&name={{default config.event_name event.event_id}}`,
    query: { revenue: 'event.revenue', currency: 'event.currency', orderid: 'event.transaction' },
  },
  settings: [],
  secrets: [],
};

/** As Outbrain's server-to-server tag for server containers sends it: github.com/stape-io/outbrain-tag, template.tpl. */
export const OUTBRAIN: Template = {
  request: {
    method: 'GET',
    url: `https://tr.outbrain.com/unifiedPixel?ob_click_id=${CLICK_ID}&name={{default config.event_name event.event_id}}`,
    query: { orderId: 'event.transaction', orderValue: 'event.revenue', currency: 'event.currency' },
  },
  settings: [],
  secrets: [],
};
