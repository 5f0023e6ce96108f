import { Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectRepository } from '@nestjs/typeorm';
import bcrypt from 'bcrypt';
import { Repository } from 'typeorm';
import { Account } from '../user.entity.js';

@Injectable()
export class AuthService {
  constructor(
    @InjectRepository(Account) private readonly accounts: Repository<Account>,
    private readonly jwtService: JwtService,
  ) {}

  async signUp(email: string, password: string) {
    const passwordHash = await bcrypt.hash(password, 10);
    await this.accounts.save(this.accounts.create({ email, passwordHash, roles: ['reader'] }));
    return this.signIn(email, password);
  }

  async signIn(email: string, password: string) {
    const account = await this.accounts.findOneBy({ email });
    const isRight = account?.passwordHash && (await bcrypt.compare(password, account.passwordHash));
    if (!account || !isRight) throw new UnauthorizedException();
    return { access_token: await this.jwtService.signAsync({ sub: account.id, email }) };
  }
}
