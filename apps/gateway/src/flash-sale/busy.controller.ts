import { createHash } from 'node:crypto';
import { Controller, Get, Header } from '@nestjs/common';
import { Describe } from '@sluice/http-kit';
import { Public } from '../web/auth.js';

export const BUSY_PAGE = '/busy';

/** Waits a random number of seconds, so that the browsers do not all return together. */
const SCRIPT = `
let left = 3 + Math.floor(Math.random() * 6);
const from = document.referrer.startsWith(location.origin + '/') ? document.referrer : '/';
const tick = () => {
  document.getElementById('left').textContent = left;
  if (left-- === 0) location.replace(from);
  else setTimeout(tick, 1000);
};
tick();
`;
const STYLE =
  'body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;text-align:center}';
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>One moment, please</title>
<style>${STYLE}</style>
<noscript><meta http-equiv="refresh" content="6; url=/"></noscript>
<h1>One moment, please</h1>
<p>So many want one of these that the line is full right now. You have lost nothing: places become free all the time.</p>
<p>We take you back in <span id="left">a few</span> seconds, to try again.</p>
<script>${SCRIPT}</script>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const ONLY_THIS = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

@Controller()
export class BusyController {
  @Public()
  @Get(BUSY_PAGE)
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'public, max-age=300')
  @Header('content-security-policy', ONLY_THIS)
  @Describe('A page for browsers that were turned away because the line is full: it says so, and goes back by itself', {
    200: 'The page',
  })
  busy(): string {
    return PAGE;
  }
}
