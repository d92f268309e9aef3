/**
 * Every error Leadwire can answer or raise: a stable code, its HTTP status and whether trying the same thing again can
 * help. `docs/errors.md` describes each code; a test keeps the two together.
 */
export const ERRORS = {
  // Requests
  body_too_large: { status: 413, retryable: false, message: 'The body is larger than 1 MB' },
  invalid_json: { status: 400, retryable: false, message: 'The body is not valid JSON' },
  invalid_encoding: { status: 400, retryable: false, message: 'The body is not valid UTF-8' },
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
  missing_key: { status: 401, retryable: false, message: 'Send the API key in the x-api-key header' },
  unknown_key: { status: 401, retryable: false, message: 'The API key is unknown or revoked' },
  key_not_allowed: { status: 403, retryable: false, message: 'This kind of key may not do that' },
  source_inactive: { status: 403, retryable: false, message: 'Source Inactive' },
  campaign_not_allowed: { status: 403, retryable: false, message: 'This key may not post to that campaign' },
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
  // Service
  overloaded: { status: 503, retryable: true, message: 'Too many leads in flight; try again shortly' },
  shutting_down: { status: 503, retryable: true, message: 'This node is shutting down; try again' },
  unavailable: { status: 503, retryable: true, message: 'A service Leadwire depends on did not answer; try again' },
  internal: { status: 500, retryable: true, message: 'Something went wrong on our side' },
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
  // Deliveries
  unknown_delivery: { status: 404, retryable: false, message: 'No delivery has this id' },
  delivery_conflict: {
    status: 409,
    retryable: false,
    message: 'The delivery has already settled otherwise; the conflict was recorded',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>;

export type ErrorCode = keyof typeof ERRORS;
