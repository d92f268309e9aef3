/** What the server said, or that it could not be reached (`status` 0). */
export interface Answer {
  /** Taken in: the lead will have an outcome, whatever it is. */
  ok: boolean;
  status: number;
  code?: string;
  message?: string;
  transaction_id?: string;
  /** `accepted` when somebody took the lead, otherwise `received`. */
  outcome?: string;
  redirect_url?: string;
  missingFields?: Record<string, string>;
  invalidFields?: Record<string, string>;
}

const TRIES = 4;
const LONGEST_PAUSE_S = 10;

/** Asks once. What goes wrong on the way is an answer as well. */
export async function ask<T = Answer>(
  url: string,
  request?: RequestInit,
): Promise<T & { ok: boolean; status: number }> {
  try {
    const response = await fetch(url, { credentials: 'omit', ...request });
    const body = (await response.json().catch(() => ({}))) as T;
    const pause = Number(response.headers.get('retry-after')) || 0;
    return { ...body, pause, ok: response.ok, status: response.status };
  } catch {
    return { code: 'network', ok: false, status: 0 } as unknown as T & { ok: boolean; status: number };
  }
}

/** Posts JSON. Whoever may not be in the same place twice sends an idempotency key, and is then asked again. */
export async function post(url: string, key: string, body: unknown, idempotencyKey?: string): Promise<Answer> {
  const request: RequestInit = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': key,
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
    body: JSON.stringify(body),
    // The answer may send the consumer to another page before an event has left.
    keepalive: !idempotencyKey,
  };
  for (let attempt = 1; ; attempt++) {
    const answer = (await ask(url, request)) as Answer & { pause?: number };
    const { pause, ...told } = answer;
    if (!idempotencyKey || attempt === TRIES || !mayPass(answer)) return told;
    await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(pause || attempt, LONGEST_PAUSE_S)));
  }
}

function mayPass({ status, code }: Answer): boolean {
  return status === 0 || status === 429 || status >= 500 || code === 'idempotency_in_flight';
}

/** 128 random bits; `crypto.randomUUID` exists on https pages only. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
