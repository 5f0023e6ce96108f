import { createHash } from 'node:crypto';
import { ForbiddenException, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import bcrypt from 'bcrypt';
import type { User } from '../user.entity.js';
import { UsersService } from './users.service.js';

interface Payload {
  sub: number;
  username: string;
  role: string;
}

@Injectable()
export class AuthService {
  constructor(
    private readonly usersService: UsersService,
    private readonly jwtService: JwtService,
  ) {}

  async register(username: string, password: string) {
    const hash = await bcrypt.hash(password, 10);
    return this.login(await this.usersService.create(username, hash));
  }

  async validateUser(username: string, password: string): Promise<User | null> {
    const user = await this.usersService.findOne(username);
    if (user?.isActive && (await bcrypt.compare(password, user.password))) return user;
    return null;
  }

  async login(user: User) {
    const payload: Payload = { sub: user.id, username: user.username, role: user.role };
    const accessToken = await this.jwtService.signAsync(payload, { expiresIn: '1h' });
    const refreshToken = await this.jwtService.signAsync(payload, {
      secret: process.env.JWT_REFRESH_SECRET ?? '',
      expiresIn: '7d',
    });
    await this.usersService.setRefreshToken(user.id, digestOf(refreshToken));
    return { accessToken, refreshToken };
  }

  async refresh(refreshToken: string) {
    const { sub } = await this.jwtService.verifyAsync<Payload>(refreshToken, {
      secret: process.env.JWT_REFRESH_SECRET ?? '',
    });
    const user = await this.usersService.findById(sub);
    if (!user?.isActive || user.refreshToken !== digestOf(refreshToken)) throw new ForbiddenException('Access Denied');
    return this.login(user);
  }

  async logout(userId: number) {
    await this.usersService.setRefreshToken(userId, null);
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
