import 'reflect-metadata';

/** What a decorator of swagger writes, and under which key. Its keys are not public, but its decorators are. */
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

/** The whole process shares the metadata of classes and handlers, so what is written here is removed again. */
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

  /** Undoes the latest write first, so that a key that was written twice gets its first value back. */
  restore(): void {
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) undo();
  }
}
