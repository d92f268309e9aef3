import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { createFailureInterceptor } from '../../activities/failure.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Logger } from '../../log/logger.ts';

const WORDS = 'Zephyrine at 415-555-8642';

describe('what an activity throws', () => {
  async function thrown(error: unknown) {
    const logged: unknown[] = [];
    const keep = (...line: unknown[]) => void logged.push(line);
    const interceptor = createFailureInterceptor({ error: keep } as unknown as Logger);
    const failing = interceptor.execute?.({} as never, () => Promise.reject(error as Error));
    const failure = await Promise.resolve(failing).then(
      () => assert.fail('it did not throw'),
      (caught: unknown) => caught,
    );
    assert.ok(failure instanceof ApplicationFailure);
    const { message, type, nonRetryable, cause, details, stack } = failure;
    const all = JSON.stringify({ message, type, cause, details, stack, logged });
    assert.ok(!all.includes('Zephyrine') && !all.includes('8642'), all);
    return { message, type, nonRetryable };
  }

  it('reaches history as a code: no message, cause, details or stack of ours (I8)', async () => {
    const internal = { message: 'internal', type: 'internal', nonRetryable: false };
    assert.deepEqual(await thrown(new Error(WORDS, { cause: new Error(WORDS) })), internal);
    assert.deepEqual(await thrown(Object.assign(new TypeError(WORDS), { errors: [WORDS] })), internal);
    assert.deepEqual(await thrown(WORDS), internal);
    const quoting = ApplicationFailure.create({ message: WORDS, details: [WORDS], cause: new Error(WORDS) });
    assert.deepEqual(await thrown(quoting), internal);
  });

  it('keeps the code of an error of ours, which says whether it is worth another try', async () => {
    const ours = new LeadwireError('unavailable', { message: WORDS, cause: new Error(WORDS) });
    assert.deepEqual(await thrown(ours), { message: 'unavailable', type: 'unavailable', nonRetryable: false });
  });
});
