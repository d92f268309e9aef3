import { Pool } from 'undici';

/** One answered (or failed) request, in milliseconds since the run began. */
export interface Sample {
  at: number;
  durationMs: number;
  ok: boolean;
}

export interface Target {
  url: string;
  path: string;
  headers: Record<string, string>;
  /** A fresh lead for each request. */
  body: () => string;
  /** Whether the answer is the one that was asked for. */
  ok: (status: number, body: Record<string, unknown>) => boolean;
}

async function request(pool: Pool, target: Target, begun: number, due: number): Promise<Sample> {
  const sample = (ok: boolean): Sample => ({ at: due - begun, durationMs: performance.now() - due, ok });
  try {
    const { path, headers } = target;
    const answer = await pool.request({ method: 'POST', path, headers, body: target.body() });
    const body = (await answer.body.json()) as Record<string, unknown>;
    return sample(target.ok(answer.statusCode, body));
  } catch {
    return sample(false);
  }
}

/** Closed loop: so many clients, each sending its next lead when the last was answered. Finds the saturation. */
export async function closedLoop(target: Target, clients: number, leads: number): Promise<Sample[]> {
  const pool = new Pool(target.url, { connections: clients });
  const begun = performance.now();
  const samples: Sample[] = [];
  let left = leads;
  const client = async () => {
    while (left-- > 0) samples.push(await request(pool, target, begun, performance.now()));
  };
  await Promise.all(Array.from({ length: clients }, client));
  await pool.close();
  return samples;
}

/**
 * Open loop: leads arrive at random moments at the given rate whether or not earlier ones were answered, and each is
 * timed from when it was due. A closed loop would slow down with the server and hide its worst moments.
 */
export async function openLoop(target: Target, perSecond: number, leads: number): Promise<Sample[]> {
  const pool = new Pool(target.url, { connections: 1000 });
  const begun = performance.now();
  const running: Promise<Sample>[] = [];
  let due = begun;
  for (let n = 0; n < leads; n++) {
    due += (-Math.log(1 - Math.random()) * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(request(pool, target, begun, due));
  }
  const samples = await Promise.all(running);
  await pool.close();
  return samples;
}

export interface Figures {
  leads: number;
  failed: number;
  perSecond: number;
  p50: number;
  p99: number;
}

/** Rate and percentiles of what the server added to the buyers' own time. */
export function figures(samples: readonly Sample[], buyersMs: number): Figures {
  const added = samples.map(({ durationMs }) => durationMs - buyersMs).sort((a, b) => a - b);
  const percentile = (part: number) => added[Math.min(added.length - 1, Math.floor(added.length * part))] ?? NaN;
  const last = Math.max(...samples.map(({ at, durationMs }) => at + durationMs));
  return {
    leads: samples.length,
    failed: samples.filter(({ ok }) => !ok).length,
    perSecond: (samples.length / last) * 1000,
    p50: percentile(0.5),
    p99: percentile(0.99),
  };
}
