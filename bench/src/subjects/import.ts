// How long it takes to load a package.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { pathToFileURL } from 'node:url';
import { offer, settingsOf } from '../harness/subject.js';

const { files } = settingsOf<{ files: readonly string[] }>();

offer(async () => {
  const started = performance.now();
  for (const file of files) await import(pathToFileURL(file).href);
  const took = performance.now() - started;
  return { took: () => took };
});
