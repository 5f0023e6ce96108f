import { BackgroundTasks, Public } from '@acme/nest-auth';
import { expect, test } from '@jest/globals';
import { Controller, Inject, Post } from '@nestjs/common';
import { startApp } from '../../support/app.js';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let begun: () => void;
const hasBegun = new Promise<void>((resolve) => {
  begun = resolve;
});
let sent = 0;

@Public()
@Controller('mails')
class MailsController {
  constructor(@Inject(BackgroundTasks) private readonly background: BackgroundTasks) {}

  @Post()
  async send(): Promise<void> {
    begun();
    await wait(100);
    this.background.run(async () => {
      await wait(100);
      sent++;
    });
  }
}

test('work of a request that is answered while the app closes is done before the app has closed', async () => {
  const { http, close } = await startApp({ controllers: [MailsController] });
  const answer = http.post('/mails').then(({ status }) => status);
  await hasBegun;
  await close();
  expect(sent).toBe(1);
  expect(await answer).toBe(201);
});
