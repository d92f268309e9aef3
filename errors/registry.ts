/**
 * Every error Leadwire can answer or raise: a stable code, its HTTP status and whether trying the same thing again can
 * help. `docs/errors.md` describes each code; a test keeps the two together.
 */
export const ERRORS = {
  // Requests
  bad_request: { status: 400, retryable: false, message: 'The request is not well-formed HTTP' },
  request_timeout: { status: 408, retryable: true, message: 'The request did not arrive in time' },
  headers_too_large: { status: 431, retryable: false, message: 'The headers and the address are larger than 16 kB' },
  body_too_large: { status: 413, retryable: false, message: 'The body is larger than 1 MB' },
  invalid_json: { status: 400, retryable: false, message: 'The body is not valid JSON' },
  invalid_encoding: { status: 400, retryable: false, message: 'The request is not valid UTF-8' },
  invalid_body: { status: 400, retryable: false, message: 'The body must be an object of fields' },
  unsupported_content_type: {
    status: 415,
    retryable: false,
    message: 'Send application/json or application/x-www-form-urlencoded',
  },
  not_found: { status: 404, retryable: false, message: 'There is nothing at this address' },
  method_not_allowed: { status: 405, retryable: false, message: 'This address does not take that method' },
  invalid_parameters: { status: 400, retryable: false, message: 'Some query parameters are invalid' },
  // Access
  missing_key: {
    status: 401,
    retryable: false,
    message: 'Send the API key in the header x-api-key, or as Authorization: Bearer',
  },
  unknown_key: { status: 401, retryable: false, message: 'The API key or access token is unknown, expired or revoked' },
  conflicting_keys: {
    status: 400,
    retryable: false,
    message: 'x-api-key and Authorization hold different keys; send one',
  },
  key_not_allowed: { status: 403, retryable: false, message: 'This kind of key may not do that' },
  address_not_allowed: { status: 403, retryable: false, message: 'This key may not be used from this address' },
  missing_signature: {
    status: 401,
    retryable: false,
    message: 'This key needs signed requests: send x-leadwire-timestamp and x-leadwire-signature',
  },
  stale_signature: {
    status: 401,
    retryable: false,
    message: 'x-leadwire-timestamp is more than 5 minutes from our clock',
  },
  invalid_signature: { status: 401, retryable: false, message: 'No signature of this request is right' },
  origin_not_allowed: { status: 403, retryable: false, message: 'Pages of this origin may not do that' },
  source_required: { status: 400, retryable: false, message: 'Name one of your sources in pid' },
  source_not_allowed: { status: 403, retryable: false, message: 'This key may not post for that source' },
  source_inactive: { status: 403, retryable: false, message: 'Source Inactive' },
  campaign_not_allowed: { status: 403, retryable: false, message: 'This key may not post to that campaign' },
  rate_limited: { status: 429, retryable: true, message: 'Too many requests; try again after the given time' },
  // Access tokens
  invalid_client: { status: 401, retryable: false, message: 'The client id or secret is wrong, expired or revoked' },
  unauthorized_client: { status: 400, retryable: false, message: 'This kind of key cannot be traded for a token' },
  invalid_token_request: { status: 400, retryable: false, message: 'The token request is malformed' },
  unsupported_grant_type: { status: 400, retryable: false, message: 'Only grant_type=client_credentials is known' },
  invalid_scope: { status: 400, retryable: false, message: 'There are no scopes; ask without one' },
  // Leads
  unknown_campaign: { status: 404, retryable: false, message: 'No campaign has this id' },
  campaign_paused: { status: 403, retryable: false, message: 'The campaign is paused' },
  unknown_lead: { status: 404, retryable: false, message: 'No lead has this transaction id' },
  invalid_fields: { status: 400, retryable: false, message: 'Some fields are missing or invalid' },
  invalid_idempotency_key: {
    status: 400,
    retryable: false,
    message: 'Idempotency-Key must be 1 to 255 visible ASCII characters',
  },
  idempotency_key_reused: {
    status: 422,
    retryable: false,
    message: 'This Idempotency-Key was used with another body',
  },
  idempotency_in_flight: {
    status: 409,
    retryable: true,
    message: 'A request with this Idempotency-Key is still being answered',
  },
  unknown_click: { status: 422, retryable: false, message: 'No visit of this source has that transaction_id' },
  click_already_used: { status: 409, retryable: false, message: 'A lead was already posted for this visit' },
  // Pings
  unknown_ping: { status: 404, retryable: false, message: 'No ping has this id' },
  ping_expired: { status: 410, retryable: false, message: 'The bids of this ping no longer stand' },
  ping_without_bid: { status: 409, retryable: false, message: 'Nobody bid on this ping' },
  ping_unanswered: { status: 409, retryable: true, message: 'The ping is still being answered' },
  ping_already_posted: { status: 409, retryable: false, message: 'This ping was posted before' },
  ping_contradicted: { status: 422, retryable: false, message: 'Some fields differ from those of the ping' },
  bid_not_offered: { status: 422, retryable: false, message: 'The ping was not answered with that bid' },
  // Click listings
  unknown_offer: { status: 404, retryable: false, message: 'No offer has this address' },
  offer_expired: { status: 410, retryable: false, message: 'This offer has ended' },
  // Posting instructions
  unknown_instructions: {
    status: 404,
    retryable: false,
    message: 'These posting instructions do not exist, or have another address by now',
  },
  // Postbacks
  unknown_postback: { status: 404, retryable: false, message: 'There is no delivery at this address' },
  postback_not_signed: { status: 401, retryable: false, message: 'The signature is missing, wrong or too old' },
  postback_not_understood: { status: 400, retryable: false, message: 'The postback says nothing that is known' },
  postback_too_early: { status: 409, retryable: true, message: 'The lead was not sent yet; try again' },
  return_too_late: { status: 422, retryable: false, message: 'The time in which the lead could be returned is over' },
  return_reason_not_allowed: {
    status: 422,
    retryable: false,
    message: 'A return needs the code of one of the reasons that were agreed',
  },
  return_refused: { status: 409, retryable: false, message: 'An operator refused this return' },
  return_decided: { status: 409, retryable: false, message: 'This return was decided otherwise' },
  // Events
  cid_required: { status: 400, retryable: false, message: 'cid is required' },
  cid_invalid: { status: 400, retryable: false, message: 'Invalid cid' },
  event_id_required: { status: 400, retryable: false, message: 'event_id is required' },
  transaction_id_required: { status: 400, retryable: false, message: 'transaction_id is required' },
  event_unknown: { status: 400, retryable: false, message: 'Invalid event_id for this campaign' },
  event_transaction_invalid: {
    status: 400,
    retryable: false,
    message: 'Invalid transaction_id for this campaign',
  },
  revenue_required: { status: 400, retryable: false, message: 'revenue is required' },
  event_duplicate: { status: 400, retryable: false, message: 'Duplicate event for this transaction_id' },
  event_key_required: { status: 401, retryable: false, message: "This event needs an API key of the lead's seller" },
  event_in_progress: {
    status: 403,
    retryable: true,
    message: 'This event of this transaction_id is being processed; try again after 2 seconds',
  },
  bulk_unreadable: { status: 400, retryable: false, message: 'The upload cannot be read: nothing was taken in' },
  bulk_too_large: {
    status: 413,
    retryable: false,
    message: 'An upload has at most 100,000 rows and 64 MB: split it',
  },
  postback_not_found: { status: 404, retryable: false, message: 'No postback of yours has this id' },
  follow_up_not_found: { status: 404, retryable: false, message: 'No follow-up has this id' },
  unknown_endpoint: { status: 404, retryable: false, message: 'You have no endpoint of this id' },
  endpoint_not_told: { status: 422, retryable: false, message: 'The endpoint is told nothing of that' },
  no_test_address: {
    status: 422,
    retryable: false,
    message: 'The endpoint has no testUrl: "send_to": "live" asks its real address',
  },
  unknown_bulk: { status: 404, retryable: false, message: 'No upload of yours has this id' },
  // Reports
  dimension_not_allowed: { status: 403, retryable: false, message: 'This key may not see figures by that' },
  report_too_large: {
    status: 422,
    retryable: false,
    message: 'The report is too large: ask for fewer days, fewer dimensions or one campaign',
  },
  unknown_party: { status: 404, retryable: false, message: 'No buyer or seller has this id' },
  entry_conflict: {
    status: 409,
    retryable: false,
    message: 'This reference was used for another amount; use one reference for one entry',
  },
  // Service
  overloaded: { status: 503, retryable: true, message: 'Too many leads in flight; try again shortly' },
  shutting_down: { status: 503, retryable: true, message: 'This node is shutting down; try again' },
  unavailable: { status: 503, retryable: true, message: 'A service Leadwire depends on did not answer; try again' },
  internal: { status: 500, retryable: true, message: 'Internal server error' },
  // Configuration
  invalid_configuration: { status: 422, retryable: false, message: 'The configuration has mistakes' },
  newer_edit: { status: 409, retryable: false, message: 'The configuration was edited since this file was made' },
  no_configuration: { status: 503, retryable: true, message: 'No configuration has been applied yet' },
  unknown_version: { status: 500, retryable: true, message: 'A configuration version is missing' },
  secret_missing: { status: 422, retryable: false, message: 'A secret that the integration names has no value' },
  secret_key_missing: {
    status: 500,
    retryable: false,
    message: 'LEADWIRE_SECRET_KEY must hold the key that encrypted the secrets',
  },
  oauth_authorise_again: {
    status: 422,
    retryable: false,
    message: 'The service refuses to give an access token: authorise Leadwire there again',
  },
  oauth_unavailable: { status: 503, retryable: true, message: 'The service gave no access token; try again' },
  // Integrations
  unknown_integration: { status: 404, retryable: false, message: 'No integration has this id' },
  unknown_operation: { status: 422, retryable: false, message: 'The integration does not make this request' },
  production_not_confirmed: {
    status: 422,
    retryable: false,
    message: 'The test would go to the real address: send "confirm": "production"',
  },
  unknown_secret: { status: 404, retryable: false, message: 'The integration has no such credential' },
  // Connectors
  unknown_connector: { status: 422, retryable: false, message: 'No connector of this id and version is installed' },
  connector_blocked: {
    status: 422,
    retryable: false,
    message: 'The connector is on the block list: nothing runs on it',
  },
  connector_not_listed: { status: 404, retryable: false, message: 'No connector of this id is listed' },
  host_not_allowed: {
    status: 422,
    retryable: false,
    message: 'The request would go to a host that its connector does not name',
  },
  package_not_found: {
    status: 404,
    retryable: false,
    message: 'The registry has no package of this name and version',
  },
  registry_unavailable: { status: 503, retryable: true, message: 'The registry gave no usable answer; try again' },
  package_invalid: { status: 422, retryable: false, message: 'The package is none that connectors are installed from' },
  integrity_mismatch: {
    status: 422,
    retryable: false,
    message: 'The package has another integrity than the one that is pinned',
  },
  conformance_failed: {
    status: 422,
    retryable: false,
    message: 'The connector does not stand what every connector must stand',
  },
  connector_in_use: { status: 409, retryable: false, message: 'Integrations run on this connector' },
  nothing_to_upgrade: { status: 409, retryable: false, message: 'No integration runs on an older version of it' },
  nothing_to_roll_back: {
    status: 409,
    retryable: false,
    message: 'No integration runs on a version that an upgrade moved it to',
  },
  code_not_allowed: {
    status: 422,
    retryable: false,
    message: 'The connector has code, which the operator does not let run',
  },
  connector_failed: { status: 502, retryable: true, message: 'The code of a connector failed' },
  // Deliveries
  unknown_delivery: { status: 404, retryable: false, message: 'No delivery has this id' },
  delivery_conflict: {
    status: 409,
    retryable: false,
    message: 'The delivery has already settled otherwise; the conflict was recorded',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>;

export type ErrorCode = keyof typeof ERRORS;
