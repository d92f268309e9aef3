/** The lead that a test of an endpoint tells of: nobody's. */
export const SAMPLE = {
  fields: {
    first_name: 'Test',
    last_name: 'Lead',
    email: 'test@example.com',
    phone: '+12125550198',
    city: 'New York',
    state: 'NY',
    zip: '10001',
  },
  tracking: { sub1: 'test', clid: 'test-click', external_clickid: 'test-click', utm_source: 'test' },
} as const;
