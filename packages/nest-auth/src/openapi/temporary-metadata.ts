import 'reflect-metadata';

/** What one of swagger's decorators writes, and under which key: its keys are not public, its decorators are. */
export interface Stamp {
  readonly key: unknown;
  readonly value: unknown;
}

export function stampOfClass(decorate: ClassDecorator): Stamp {
  const scratch = class {};
  decorate(scratch);
  return stampOn(scratch);
}

export function stampOfMethod(decorate: MethodDecorator): Stamp {
  const scratch = () => undefined;
  decorate({}, 'scratch', { value: scratch as never });
  return stampOn(scratch);
}

function stampOn(scratch: object): Stamp {
  const [key] = Reflect.getOwnMetadataKeys(scratch) as unknown[];
  return { key, value: Reflect.getOwnMetadata(key, scratch) };
}

/** Metadata of classes and handlers is the whole process's: what is written here for one call is taken back after it. */
export class TemporaryMetadata {
  readonly #undo: (() => void)[] = [];

  write(target: object, { key, value }: Stamp): void {
    const had = Reflect.hasOwnMetadata(key, target);
    const before: unknown = Reflect.getOwnMetadata(key, target);
    this.#undo.push(() => {
      if (had) Reflect.defineMetadata(key, before, target);
      else Reflect.deleteMetadata(key as string, target);
    });
    Reflect.defineMetadata(key, value, target);
  }

  /** The latest first, so that what was written twice ends as it began. */
  restore(): void {
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) undo();
  }
}
