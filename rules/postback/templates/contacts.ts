import type { Template } from '../templates.ts';

/** Advertising platforms that match people by their hashed contacts, or by the id of their click. */

/**
 * https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api: contacts hashed, a click id as it
 * stands in the browser's cookie `_fbc`, made from `fbclid` where that is what the lead has.
 */
export const FACEBOOK: Template = {
  request: {
    url: 'https://graph.facebook.com/{{default config.api_version "v25.0"}}/{{config.pixel_id}}/events?access_token={{secrets.access_token}}',
    jsonata: `{
      "data": [{
        "event_name": config.event_name ? config.event_name : event.event_id,
        "event_time": $floor($toMillis(event.happened) / 1000),
        "event_id": event.id,
        "action_source": config.action_source ? config.action_source : "system_generated",
        "user_data": {
          "em": hashed.email ? [hashed.email],
          "ph": hashed.phone_digits ? [hashed.phone_digits],
          "fn": hashed.first_name ? [hashed.first_name],
          "ln": hashed.last_name ? [hashed.last_name],
          "ct": hashed.city ? [hashed.city],
          "st": hashed.state ? [hashed.state],
          "zp": hashed.zip ? [hashed.zip],
          "fbc": lead.external_clickid ? ($substring(lead.external_clickid, 0, 3) = "fb."
            ? lead.external_clickid
            : "fb.1." & $toMillis(event.happened) & "." & lead.external_clickid)
        },
        "custom_data": event.revenue ? { "value": event.revenue, "currency": event.currency }
      }],
      "test_event_code": config.test_event_code
    }`,
  },
  settings: ['pixel_id'],
  secrets: ['access_token'],
  accepted: 'body.events_received >= 1',
};

/**
 * https://developers.google.com/google-ads/api/docs/conversions/upload-offline: one conversion by the id of its click,
 * or by its hashed contacts. What it refuses it answers with 200 and `partialFailureError`. Access tokens:
 * https://developers.google.com/identity/protocols/oauth2/web-server#offline
 */
export const GOOGLE_ADS: Template = {
  request: {
    url: 'https://googleads.googleapis.com/{{config.api_version}}/customers/{{config.customer_id}}:uploadClickConversions',
    headers: {
      authorization: 'Bearer {{secrets.access_token}}',
      'developer-token': '{{secrets.developer_token}}',
      'login-customer-id': '{{config.login_customer_id}}',
    },
    jsonata: `{
      "conversions": [{
        "conversionAction": "customers/" & config.customer_id & "/conversionActions/" & config.conversion_action,
        "conversionDateTime": $replace($substring(event.happened, 0, 19), "T", " ") & "+00:00",
        "conversionValue": event.revenue,
        "currencyCode": event.currency,
        "orderId": event.transaction,
        "gclid": lead.external_clickid ? lead.external_clickid : lead.clid,
        "userIdentifiers": $not($exists(lead.external_clickid) or $exists(lead.clid)) ? $append(
          hashed.email_google ? [{ "hashedEmail": hashed.email_google }] : [],
          hashed.phone ? [{ "hashedPhoneNumber": hashed.phone }] : []
        )
      }],
      "partialFailure": true
    }`,
  },
  settings: ['api_version', 'customer_id', 'conversion_action'],
  secrets: ['developer_token'],
  oauth: { tokenUrl: 'https://oauth2.googleapis.com/token', grant: 'refresh_token' },
  accepted: '$not($exists(body.partialFailureError))',
};

/** https://business-api.tiktok.com/portal/docs?id=1771100865818625: what it refuses it answers with 200 and a code. */
export const TIKTOK: Template = {
  request: {
    url: 'https://business-api.tiktok.com/open_api/v1.3/event/track/',
    headers: { 'access-token': '{{secrets.access_token}}' },
    jsonata: `{
      "event_source": "web",
      "event_source_id": config.pixel_id,
      "test_event_code": config.test_event_code,
      "data": [{
        "event": config.event_name ? config.event_name : event.event_id,
        "event_time": $floor($toMillis(event.happened) / 1000),
        "event_id": event.id,
        "user": {
          "email": hashed.email,
          "phone": hashed.phone,
          "ttclid": lead.external_clickid ? lead.external_clickid : lead.clid
        },
        "properties": event.revenue ? { "value": event.revenue, "currency": event.currency },
        "page": config.page_url ? { "url": config.page_url }
      }]
    }`,
  },
  settings: ['pixel_id'],
  secrets: ['access_token'],
  accepted: 'body.code = 0',
};
