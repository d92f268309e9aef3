import { z } from 'zod';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { LeadModels } from '../../models/models.ts';
import { DIMENSIONS } from '../../rules/report/dimensions.ts';
import { FIGURES_OF } from '../../rules/report/figures.ts';
import { csvFile } from '../api/csv-file.ts';
import { operation, type Operation } from '../api/operation.ts';
import { emptyReport, makeReport } from '../reports/report.ts';
import { reportQuery, reportRequest } from '../reports/request.ts';

export interface ReportDeps {
  models: LeadModels;
  config: ConfigurationRuntime;
  /** Rows of the longest report. */
  maxRows: number;
}

const figures = z.object({
  clicks: z.int().min(0).optional().describe('Visits by people. Sellers only'),
  leads: z.int().min(0).describe('Leads that came in; for a buyer, leads that were posted to it'),
  conversions: z.int().min(0).describe('Sales that stand'),
  returns: z.int().min(0).describe('Sales that were given back'),
  cost: z.number().optional().describe('What the leads cost the seller; what the buyer owes for those it keeps'),
  adSpend: z.number().optional().describe('Sellers only'),
  revenue: z
    .number()
    .optional()
    .describe(
      'What the seller gets for the sales that stand, by events and by clicks on offers; for an operator, what buyers and click networks owe',
    ),
  payout: z.number().optional().describe('What sellers get of that, and by events. Operators only'),
  margin: z.number().optional().describe('revenue - payout. Operators only'),
  profit: z.number().optional().describe('revenue - cost - adSpend. Sellers only'),
  roi: z
    .number()
    .nullable()
    .optional()
    .describe('profit / (cost + adSpend); null unless something was spent. Sellers only'),
  events: z.int().min(0).optional().describe('Events on leads and visits. Sellers only'),
  eventConversions: z.int().min(0).optional().describe('Events that are conversions. Sellers only'),
  eventRevenue: z.number().optional().describe('What of the revenue they brought. Sellers only'),
  unverifiedRevenue: z
    .number()
    .optional()
    .describe('Revenue that came with an event without a key; part of nothing else. Sellers only'),
  recoveredRevenue: z
    .number()
    .optional()
    .describe('What of the revenue is of sales made after a first no, a doubt or a hold. Not for buyers'),
  listingImpressions: z.int().min(0).optional().describe('Offers of click networks that were shown'),
  listingClicks: z.int().min(0).optional().describe('Clicks on them that count'),
  listingRevenue: z.number().optional().describe('What clicks brought: the seller, or for an operator the exchange'),
  listingPayout: z.number().optional().describe('What of that sellers get. Operators only'),
});
const names = z.object(Object.fromEntries(DIMENSIONS.map((name) => [name, z.string().nullable().optional()])));

const answered = z.object({
  status: z.literal(200),
  type: z.literal('success'),
  from: z.iso.date(),
  to: z.iso.date(),
  timezone: z.string(),
  group_by: z.array(z.enum(DIMENSIONS)),
  rows: z.array(figures.extend(names.shape)),
  totals: figures,
  sandbox: z.literal(true).optional(),
});

/** `GET /api/report`: a seller's or a buyer's own figures. */
export function reportOperations({ models, config, maxRows }: ReportDeps): Operation[] {
  return [
    operation(
      {
        id: 'getReport',
        method: 'get',
        path: '/api/report',
        tag: 'Reports',
        summary: 'Your own figures by day, source, sub id and more',
        description:
          'Leads, sales and money, from the same records that settle them. Days are those of the transaction ids. ' +
          'An operator gets the figures of click listings, of everybody. Sandbox leads are in no report: a test key gets an empty one. With `format=csv`, or `Accept: text/csv`, the rows ' +
          'come as CSV.',
        access: ['seller', 'buyer', 'operator'],
        query: reportQuery,
        answers: {
          200: {
            description: 'The figures; amounts in dollars',
            schema: answered,
            also: { 'text/csv': z.string().describe('A header row, then the rows') },
          },
        },
        errors: ['dimension_not_allowed', 'report_too_large'],
      },
      async ({ query, key, context }) => {
        const request = reportRequest(query, key, config.current(), Date.now());
        const { owner, days, dimensions } = request;
        const sandbox = key.mode === 'test';
        const report = sandbox ? emptyReport(request) : await makeReport(models, request, maxRows);
        const [from, to] = [days.dates[0]!, days.dates.at(-1)!];
        if ((query.format ?? context.accepts('json', 'csv')) === 'csv') {
          return csvFile(`report-${from}-${to}`, [...dimensions, ...FIGURES_OF[owner.side]], report.rows);
        }
        return {
          status: 200,
          headers: { 'cache-control': 'no-store' },
          body: {
            status: 200,
            type: 'success',
            from,
            to,
            timezone: days.timezone,
            group_by: dimensions,
            ...report,
            ...(sandbox ? { sandbox } : {}),
          },
        };
      },
    ),
  ];
}
