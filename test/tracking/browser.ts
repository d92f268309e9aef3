import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import chromium from '@sparticuz/chromium';
import { chromium as driver, type Browser, type Page } from 'playwright-core';

/** What would switch off the very rules about origins that the tests are about, and what makes it less steady. */
const LEFT_OUT = [
  ...['--disable-web-security', '--allow-running-insecure-content', '--disable-site-isolation-trials'],
  '--single-process',
];

/** A real Chromium without a window. */
export async function launchBrowser(): Promise<Browser> {
  const args = chromium.args.filter((argument) => !LEFT_OUT.includes(argument));
  return driver.launch({ executablePath: await chromium.executablePath(), args, headless: true });
}

/** A seller's web site: what it serves is what a test says at the moment. */
export interface Site {
  origin: string;
  /** Puts a page at an address of the site. */
  put(path: string, html: string, headers?: Record<string, string>): void;
  stop(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const pages = new Map<string, { html: string; headers: Record<string, string> }>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.example');
    const page = pages.get(pathname);
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...page?.headers });
    response.end(page?.html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put: (path, html, headers = {}) => void pages.set(path, { html, headers }),
    stop: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Opens a page in a tab of its own, whose session is new; what it logs as errors is kept. */
export async function visit(browser: Browser, url: string): Promise<Page & { faults: string[] }> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(url);
  return Object.assign(page, { faults });
}
