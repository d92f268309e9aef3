#!/usr/bin/env node
import '../loader.js';

await import('./main.ts');
