import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { User } from '../user.entity.js';

@Injectable()
export class UsersService {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  create(username: string, password: string): Promise<User> {
    return this.users.save(this.users.create({ username, password }));
  }

  findOne(username: string): Promise<User | null> {
    return this.users.findOneBy({ username });
  }

  findById(id: number): Promise<User | null> {
    return this.users.findOneBy({ id });
  }

  async setRefreshToken(id: number, refreshToken: string | null): Promise<void> {
    await this.users.update({ id }, { refreshToken });
  }
}
