#!/usr/bin/env node
import { runCli } from './run-cli.js';

// The app has set things in motion, such as timers, that nothing waits for.
runCli(process.argv.slice(2)).then((code) => process.exit(code));
