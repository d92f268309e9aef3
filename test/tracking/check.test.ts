import assert from 'node:assert/strict';
import { checkConfiguration } from '../../config/check.ts';
import { campaignFile } from '../leads/campaign-file.ts';

describe('the tracking of a campaign, checked', () => {
  const issuesOf = (tracking: Record<string, unknown>) => {
    const file = campaignFile('https://buyers.example');
    const campaigns = file.campaigns?.map((campaign) => ({ ...campaign, tracking }));
    const { issues } = checkConfiguration({ ...file, campaigns });
    return issues
      .filter(({ path }) => path.includes('tracking'))
      .map(({ path, code, severity }) => [path.replace('campaigns[0].tracking.', ''), code, severity ?? 'error']);
  };

  it('is good with everything in its place', () => {
    const tracking = {
      landingUrl: 'https://landing.example/?a=b',
      allowedOrigins: ['https://www.example.com', 'http://127.0.0.1:8000'],
      events: [
        { on: 'view', event: 'seen' },
        { on: 'step', step: '2', event: 'halfway' },
      ],
      form: { steps: [{ fields: ['zip', 'first_name'] }, { fields: ['last_name', 'email', 'phone'] }] },
    };
    assert.deepEqual(issuesOf(tracking), []);
  });

  it('names origins that no browser sends and pages that are none', () => {
    const bad = [
      '*',
      'www.example.com',
      'https://example.com/',
      'https://Example.com',
      'https://*.example.com/x',
      'null',
    ];
    const found = issuesOf({ allowedOrigins: bad, landingUrl: 'javascript:alert(1)' });
    assert.deepEqual(
      found.map(([path]) => path),
      [...bad.map((_, at) => `allowedOrigins[${at}]`), 'landingUrl'],
    );
    assert.equal(issuesOf({ landingUrl: 'https://ada:secret@landing.example/' }).length, 1);
  });

  it('names events that cannot fire and form steps that do not fit the fields', () => {
    const found = issuesOf({
      events: [
        { on: 'click', event: 'x' },
        { on: 'submit', selector: '#a', event: 'y' },
      ],
      form: { steps: [{ fields: ['zip', 'zip', 'shoe_size', 'first_name', 'last_name', 'email'] }] },
    });
    assert.deepEqual(found, [
      ['events[0].selector', 'missing', 'error'],
      ['events[1].selector', 'unused', 'warning'],
      ['form.steps', 'missing_field', 'warning'],
      ['form.steps[0].fields[1]', 'duplicate', 'error'],
      ['form.steps[0].fields[2]', 'unknown_field', 'error'],
    ]);
  });
});
