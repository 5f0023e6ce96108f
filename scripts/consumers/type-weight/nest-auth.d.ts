// Only what the starter app uses of the library. It replaces the library when the app is type-checked without us.
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';

export interface Principal {
  readonly id: string;
}

export declare class AuthService {}
export declare class Argon2Hasher {}

export declare const AuthModule: {
  forRoot(options: object): DynamicModule;
  forRootAsync(options: { useFactory: () => object }): DynamicModule;
};
export declare const AuthTestingModule: { forRoot(options?: object): DynamicModule };

export declare function memoryStores(): object;
export declare function Public(): MethodDecorator;
export declare function Roles(...roles: string[]): MethodDecorator;
export declare function CurrentUser(): ParameterDecorator;
export declare function actAs(
  app: INestApplicationContext,
  user: { id: string; roles?: string[] },
): Promise<{ Authorization: string }>;

export interface AuthPolicyMatchers<R = void> {
  toMatchAuthPolicy(file?: string): R;
}
export declare function toMatchAuthPolicy(app: INestApplicationContext): { pass: boolean; message: () => string };
