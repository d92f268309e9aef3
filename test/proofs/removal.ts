/** One piece of code that keeps an invariant, what takes it away, and the tests that must notice. */
export interface Removal {
  invariant: string;
  /** What is missing afterwards, in one line. */
  what: string;
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replace: string;
  /** Parts of the names of test files. */
  tests: string[];
  /** Part of the titles of the tests that must notice; default all in those files. */
  grep?: string;
}
