import { acme } from './formats/acme.ts';
import { boberdoo } from './formats/boberdoo.ts';
import { cake } from './formats/cake.ts';
import { leadbyte } from './formats/leadbyte.ts';
import { leadconduit } from './formats/leadconduit.ts';
import { leadexec } from './formats/leadexec.ts';
import { leadprosper } from './formats/leadprosper.ts';
import { leadspedia } from './formats/leadspedia.ts';
import { network } from './formats/network.ts';
import { phonexa } from './formats/phonexa.ts';
import { plain } from './formats/plain.ts';
import { px } from './formats/px.ts';
import { ringba } from './formats/ringba.ts';
import { compliance } from './services/compliance.ts';
import { crm } from './services/crm.ts';
import { enrichment } from './services/enrichment.ts';
import type { WireFormat } from './wire.ts';

const formats = new Map<string, WireFormat>(
  Object.entries({
    ...{ acme, boberdoo, cake, leadprosper, phonexa, plain },
    ...{ leadbyte, leadconduit, leadexec, leadspedia, px, ringba, network },
  }),
);
const services = new Map<string, WireFormat>(Object.entries({ enrich: enrichment, compliance, crm }));

/** Whom a URL leads to. A service is its own buyer name. */
export interface Destination {
  format: string;
  buyer: string;
  wire: WireFormat;
  sandbox: boolean;
}

/** Finds who lives at `[/sandbox]/<format>/<buyer>/…` or `[/sandbox]/<service>[/…]`; null when nobody does. */
export function destinationOf(path: string): Destination | null {
  const segments = path.split('/').filter(Boolean);
  const sandbox = segments[0] === 'sandbox';
  const [format = '', buyer] = sandbox ? segments.slice(1) : segments;
  const service = services.get(format);
  if (service) return { format, buyer: format, wire: service, sandbox };
  const wire = formats.get(format);
  return wire && buyer && /^[\w.-]+$/.test(buyer) ? { format, buyer, wire, sandbox } : null;
}
