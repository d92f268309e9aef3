/** Why the embedded servers did not start. Each comes with one line that says what to do. */
export type StackErrorCode =
  | 'already_running'
  | 'fetch_failed'
  | 'java_missing'
  | 'maven_missing'
  | 'port_taken'
  | 'python_missing'
  | 'start_failed';

/** Thrown by `startStack`: show `message` as it is, without a stack. */
export class StackError extends Error {
  readonly code: StackErrorCode;

  constructor(code: StackErrorCode, message: string) {
    super(message);
    this.name = 'StackError';
    this.code = code;
  }
}
