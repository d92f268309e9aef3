/**
 * A mapping that cannot be carried out for this lead: an expression that fails or runs into a guard, an address that is
 * none. `reason` is a code of ours or of JSONata's; neither it nor the message holds a lead's values.
 */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  readonly code = 'mapping_failed';
  /** Where in the operation, e.g. `request.jsonata`. */
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(`The mapping at ${path} failed (${reason})`);
    this.path = path;
    this.reason = reason;
  }
}
