import { startBuyers, type Buyers } from '../buyers/server.ts';

/** Where the sample campaign's file has its buyers. */
export const SAMPLE_ADDRESS = '127.0.0.1:8090';

/** The buyers and services of the sample campaign. */
export function startSampleBuyers(port: number): Promise<Buyers> {
  return startBuyers({ port });
}
