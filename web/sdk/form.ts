import { createClient } from './client.ts';
import { watchPage } from './events.ts';
import { createForm } from './form-view.ts';
import { ownTag } from './page.ts';
import type { Values } from './form-values.ts';

/**
 * `<script src="…/form.js" data-campaign="cmp_…" data-key="…"></script>` shows the campaign's form where it stands, or
 * in the element that data-target selects. data-values holds further fields of the lead as JSON.
 */
const { tag, options } = ownTag();
if (tag && options) {
  const client = createClient(options);
  void client.transactionId();
  void watchPage(client);
  const host = document.createElement('div');
  const show = async () => {
    const place = tag.dataset['target'] ? document.querySelector(tag.dataset['target']) : undefined;
    if (place) place.append(host);
    else if (document.body.contains(tag)) tag.after(host);
    else document.body.append(host);
    const settings = await client.settings();
    if (settings) createForm(host, settings, client, fixedValues(tag.dataset['values']));
    else host.textContent = 'This form cannot be shown right now.';
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => void show());
  else void show();
}

function fixedValues(text = '{}'): Values {
  try {
    return JSON.parse(text) as Values;
  } catch {
    return {};
  }
}
