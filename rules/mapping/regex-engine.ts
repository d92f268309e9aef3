import { RE2JS } from 're2js';

/**
 * The part of RegExp that JSONata calls, on a linear-time engine: no pattern, whoever wrote it, can stall a node.
 * Look-arounds and back-references are not available.
 */
export function createRegexEngine(): RegExpConstructor {
  // JSONata makes an engine anew at every evaluation; the pattern's object is the same each time.
  const compiled = new WeakMap<RegExp, RE2JS>();

  class LinearRegExp {
    lastIndex = 0;
    private readonly pattern: RE2JS;

    constructor(source: RegExp) {
      this.pattern = compiled.get(source) ?? compileRegex(source);
      compiled.set(source, this.pattern);
    }

    exec(text: string): RegExpExecArray | null {
      const matcher = this.pattern.matcher(text);
      if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
        this.lastIndex = 0;
        return null;
      }
      this.lastIndex = matcher.end();
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
      return Object.assign(groups, { index: matcher.start(), input: text }) as RegExpExecArray;
    }
  }
  return LinearRegExp as unknown as RegExpConstructor;
}

/** Throws when the pattern needs what linear time cannot give. */
export function compileRegex(source: RegExp): RE2JS {
  return RE2JS.compile(RE2JS.translateRegExp(source));
}
