import { All, Controller, Req, Res } from '@nestjs/common';
import { toNodeHandler } from 'better-auth/node';
import { auth } from './auth.js';

@Controller('api/auth')
export class AuthController {
  readonly #handle = toNodeHandler(auth);

  @All('*path')
  handle(@Req() request: never, @Res() response: never) {
    return this.#handle(request, response);
  }
}
