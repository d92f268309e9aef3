import type { Client } from './client.ts';
import type { PageEvent } from './settings.ts';

/** Fires the campaign's events as they come: views once a page, the others each time. */
export async function watchPage(client: Client): Promise<void> {
  const settings = await client.settings();
  const events = settings?.events ?? [];
  const of = (on: PageEvent['on']) => events.filter((event) => event.on === on);
  const fire = ({ event }: PageEvent) => void client.event(event);

  client.onMoment((moment) => {
    of(moment.on)
      .filter(({ step }) => moment.on !== 'step' || !step || step === moment.step)
      .forEach(fire);
  });
  document.addEventListener(
    'click',
    ({ target }) => of('click').forEach((event) => matches(target, event.selector) && fire(event)),
    true,
  );
  for (const event of of('view')) {
    if (!event.selector) fire(event);
    else whenSeen(event.selector, () => fire(event));
  }
}

/** A selector that the browser does not understand matches nothing. */
function matches(target: EventTarget | null, selector = ''): boolean {
  try {
    return target instanceof Element && target.closest(selector) !== null;
  } catch {
    return false;
  }
}

function whenSeen(selector: string, callback: () => void) {
  const start = () => {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      callback();
    });
    try {
      for (const element of document.querySelectorAll(selector)) observer.observe(element);
    } catch {
      // As above.
    }
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
}
