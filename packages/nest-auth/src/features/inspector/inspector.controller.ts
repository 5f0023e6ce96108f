import { JwtAuthGuard, Public } from '@acme/nest-auth';
import {
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Header,
  Inject,
  Query,
  Req,
  Res,
  ServiceUnavailableException,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { HEADERS, LocalGuard, VisitorGuard } from './access/visitor.guard.js';
import type { VisitorRequest } from './access/visitor.js';
import { Inspector, markInspector } from './inspector.service.js';
import { INSPECTOR, type InspectorSettings } from './inspector.settings.js';
import type { Output } from './live/page-stream.js';
import { HTML, ICON, SCRIPT, STYLES } from './page-files.js';
import type { ShownPolicies, ShownSession, ShownState } from './wire.js';

/** Swagger's own key: the inspector is not a part of the app's API. The library works without swagger. */
const EXCLUDED = 'swagger/apiExcludeController';

const Call = createParamDecorator((_: unknown, context: ExecutionContext) => context);

/** Node's response, or Fastify's around it. */
interface StreamResponse extends Output {
  readonly raw?: StreamResponse;
  hijack?(): void;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
}

export class InspectorController {
  constructor(
    @Inject(Inspector) private readonly inspector: Inspector,
    @Inject(INSPECTOR) private readonly settings: InspectorSettings,
    @Inject(JwtAuthGuard) private readonly guard: JwtAuthGuard,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(@Req() request: VisitorRequest): string {
    // The page loads its files by relative paths, because a proxy may add a prefix.
    const [path = ''] = (request.originalUrl ?? request.url ?? '').split('?');
    return HTML.replaceAll('{{base}}', path.endsWith('/') ? '.' : 'inspector');
  }

  @Get('page.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  script(): string {
    return SCRIPT;
  }

  @Get('page.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  styles(): string {
    return STYLES;
  }

  @Get('icon.svg')
  @Header('Content-Type', 'image/svg+xml')
  icon(): string {
    return ICON;
  }

  @Get('policies')
  policies(): ShownPolicies {
    return this.inspector.policies();
  }

  @Get('state')
  state(): ShownState {
    return this.inspector.state();
  }

  @Get('sessions')
  sessions(@Query('user') user: unknown): Promise<ShownSession[]> {
    return this.inspector.sessions(String(user));
  }

  /** Server-Sent Events, written by hand: each page decides how fast it reads. */
  @Get('events')
  events(@Call() context: ExecutionContext, @Req() request: VisitorRequest, @Res() response: StreamResponse): void {
    const { live } = this.inspector;
    if (!live.hasRoom) throw new ServiceUnavailableException('Too many pages of the inspector are open.');
    const output = response.raw ?? response;
    response.hijack?.();
    output.writeHead(200, {
      ...HEADERS,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    });
    // Express answers HEAD with this route too.
    if (request.method === 'HEAD') return void output.end();
    const seen = Number(request.headers['last-event-id']);
    const isAllowed = () => !this.settings.hasAccess || (this.guard.canActivate(context) as boolean | Promise<boolean>);
    live.open(output, Number.isSafeInteger(seen) ? seen : 0, isAllowed);
  }
}

/**
 * Makes the inspector's controller for one app, with the app's access policy.
 * @param access without it, only this machine may see the page
 */
export function inspectorController(access: ClassDecorator | undefined): Type<InspectorController> {
  @SetMetadata(EXCLUDED, [true])
  @UseGuards(access ? VisitorGuard : LocalGuard)
  @Controller('inspector')
  class OfApp extends InspectorController {}
  Object.defineProperty(OfApp, 'name', { value: InspectorController.name });
  markInspector(OfApp);
  (access ?? Public())(OfApp);
  return OfApp;
}
