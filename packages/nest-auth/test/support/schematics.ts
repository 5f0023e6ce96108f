import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../schematics');
const require = createRequire(import.meta.url);

export interface AddOptions {
  readonly orm?: 'typeorm' | 'prisma' | 'drizzle' | 'none';
  readonly transport?: 'bearer' | 'cookie' | 'both';
  readonly sourceRoot?: string;
  readonly install?: boolean;
}

interface Task {
  toConfiguration(): { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
}

/** A file of the schematic, as the CLI loads it: CommonJS without a build. */
export function loadSchematic<T>(file: string): T {
  return require(join(folder, file)) as T;
}

const { nestAdd } = loadSchematic<{
  nestAdd(options: AddOptions): (tree: object, context: object) => unknown;
}>('nest-add.cjs');

/** An app of files in memory, changed in place. */
export function add(files: Record<string, string>, options: AddOptions = {}): { log: string; tasks: Task[] } {
  const tree = {
    exists: (path: string) => Object.hasOwn(files, path),
    read: (path: string) => Buffer.from(files[path] ?? ''),
    create: (path: string, text: string) => {
      if (Object.hasOwn(files, path)) throw new Error(`${path} exists`);
      files[path] = text;
    },
    overwrite: (path: string, text: string) => {
      if (!Object.hasOwn(files, path)) throw new Error(`${path} does not exist`);
      files[path] = text;
    },
  };
  const lines: string[] = [];
  const tasks: Task[] = [];
  const context = {
    logger: { info: (line: string) => lines.push(line) },
    addTask: (task: Task) => tasks.push(task),
  };
  nestAdd(options)(tree, context);
  return { log: lines.join('\n'), tasks };
}

/** The files of `nest new` that matter: Nest 11 makes CommonJS, Nest 12 asks. */
export function starter({ nest = 12, type = 'module' }: { nest?: number; type?: 'module' | 'commonjs' } = {}) {
  const js = type === 'module' ? '.js' : '';
  return {
    'package.json': `${JSON.stringify(
      {
        name: 'app',
        ...(type === 'module' ? { type } : {}),
        scripts: { build: 'nest build', 'test:e2e': 'vitest run' },
        dependencies: {
          '@nestjs/common': `^${nest}.0.1`,
          '@nestjs/core': `^${nest}.0.1`,
          '@nestjs/platform-express': '*',
        },
        devDependencies: { '@nestjs/testing': `^${nest}.0.1`, supertest: '^7.0.0', '@types/supertest': '^7.0.0' },
      },
      null,
      2,
    )}\n`,
    'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module${js}';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
bootstrap();
`,
    'src/app.module.ts': `import { Module } from '@nestjs/common';
import { AppController } from './app.controller${js}';
import { AppService } from './app.service${js}';

@Module({
  imports: [],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`,
    'src/app.controller.ts': `import { Controller, Get } from '@nestjs/common';
import { AppService } from './app.service${js}';

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }
}
`,
  } as Record<string, string>;
}
