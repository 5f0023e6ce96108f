import 'reflect-metadata';
import { AuthModule, memoryStores } from '@acme/nest-auth';
import { ApolloDriver } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Query, ResolveField, Resolver } from '@nestjs/graphql';

/** An app whose options of GraphQL come from a provider, in plain JavaScript: the command reads what is built. */
class NotesResolver {
  notes() {
    return [];
  }
  author() {
    return 'ann';
  }
}
const described = (name) => Object.getOwnPropertyDescriptor(NotesResolver.prototype, name);
Query(() => [String])(NotesResolver.prototype, 'notes', described('notes'));
ResolveField(() => String)(NotesResolver.prototype, 'author', described('author'));
Resolver('Note')(NotesResolver);

class SettingsModule {}
Module({
  providers: [{ provide: 'settings', useFactory: () => new Map([['path', '/api/graphql']]) }],
  exports: ['settings'],
})(SettingsModule);

class AppModule {}
Module({
  imports: [
    AuthModule.forRootAsync({ useFactory: () => ({ ...memoryStores(), secrets: {} }) }),
    GraphQLModule.forRootAsync({
      driver: ApolloDriver,
      imports: [SettingsModule],
      inject: ['settings'],
      useFactory: (settings) => ({
        autoSchemaFile: true,
        path: settings.get('path'),
        fieldResolverEnhancers: ['guards'],
      }),
    }),
  ],
  providers: [NotesResolver],
})(AppModule);

const app = await NestFactory.create(AppModule);
await app.listen(0);
