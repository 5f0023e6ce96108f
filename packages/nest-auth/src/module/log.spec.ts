import { expect, test } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { report } from './log.js';

test('a log that throws changes nothing for those who report to it', () => {
  const full = () => {
    throw new Error('ENOSPC');
  };
  Logger.overrideLogger({ error: full, warn: full, log: full } satisfies LoggerService);
  try {
    expect(() => report(new Error('behind a request'))).not.toThrow();
  } finally {
    Logger.overrideLogger(false);
  }
});
