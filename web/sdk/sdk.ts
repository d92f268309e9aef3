import { createClient, type Client, type Options } from './client.ts';
import type { Values } from './form-values.ts';
import { watchPage } from './events.ts';
import { destination, ownTag } from './page.ts';

/** `window.Leadwire`, in a page that includes /sdk.js. */
const { options: own } = ownTag();
const home = own?.endpoint ?? endpointOfTag();
let client: Client | undefined;

const Leadwire = {
  /** Begins with a campaign; a script tag with data-campaign and data-key has done so already. */
  init(options: Partial<Options> & Pick<Options, 'cid' | 'key'>) {
    client = createClient({ endpoint: home, ...options });
    void client.transactionId();
    void watchPage(client);
    return Leadwire;
  },
  transactionId: () => current().transactionId(),
  submit: (input: HTMLFormElement | Values) => current().submit(input),
  event: (name: string, data?: Values) => current().event(name, data),
  step: (name: string | number) => current().step(name),
};

function current(): Client {
  if (!client) throw new Error('Call Leadwire.init({ cid, key }) first');
  return client;
}

function endpointOfTag(): string {
  const { currentScript: tag } = document;
  return tag instanceof HTMLScriptElement && tag.src ? new URL(tag.src).origin : location.origin;
}

/** Forms with data-leadwire are posted as leads; the page hears of the answer through `leadwire:answer`. */
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!client || !(form instanceof HTMLFormElement) || form.dataset['leadwire'] === undefined) return;
  event.preventDefault();
  void client.submit(form).then((answer) => {
    const told = new CustomEvent('leadwire:answer', { detail: answer, bubbles: true, cancelable: true });
    const next = destination(answer.redirect_url);
    if (form.dispatchEvent(told) && next) location.assign(next);
  });
});

Object.assign(window, { Leadwire });
if (own) Leadwire.init(own);
document.dispatchEvent(new Event('leadwire:ready'));
