import { AsyncLocalStorage } from 'node:async_hooks';

/** Characters kept of what one call prints. */
const MAX_CHARACTERS = 1_000_000;

/** What functions print while they are watched. What anybody else prints goes where it always does. */
export interface Output {
  /** Makes a call; what it prints, and what it started prints, is not shown and stands in `printed`. */
  during<Result>(printed: { text: string }, call: () => Result): Result;
  restore(): void;
}

/** Looks at `console`, `process.stdout` and `process.stderr` until `restore`. */
export function watchOutput(): Output {
  const printing = new AsyncLocalStorage<{ text: string }>();
  const restores = [process.stdout, process.stderr].map((stream) => {
    const before = stream.write;
    const write = (chunk: unknown, ...rest: unknown[]): boolean => {
      const printed = printing.getStore();
      if (!printed) return Reflect.apply(before, stream, [chunk, ...rest]) as boolean;
      if (printed.text.length < MAX_CHARACTERS) {
        printed.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString();
      }
      const done = rest.at(-1);
      if (typeof done === 'function') process.nextTick(done as () => void);
      return true;
    };
    stream.write = write as typeof stream.write;
    return () => {
      // One that looked later passes on to this one, which by then holds nothing back.
      if (stream.write === write) stream.write = before;
    };
  });
  return {
    during: (printed, call) => printing.run(printed, call),
    restore: () => restores.forEach((restore) => restore()),
  };
}
