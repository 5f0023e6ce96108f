import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Note } from './note.entity.js';

/** Each method except `all` takes the owner, so a note of another user is treated as missing. */
@Injectable()
export class NotesService {
  constructor(@InjectRepository(Note) private readonly notes: Repository<Note>) {}

  async create(ownerId: string, text: string): Promise<Note> {
    const note = this.notes.create({ ownerId, text });
    // Not `save`: on PGlite's single connection, its transaction would include other callers' statements.
    await this.notes.insert(note);
    return note;
  }

  mine(ownerId: string): Promise<Note[]> {
    return this.notes.find({ where: { ownerId }, order: { createdAt: 'DESC' }, take: 100 });
  }

  all(): Promise<Note[]> {
    return this.notes.find({ order: { createdAt: 'DESC' }, take: 100 });
  }

  async one(ownerId: string, id: string): Promise<Note> {
    const note = await this.notes.findOneBy({ id, ownerId });
    if (!note) throw new NotFoundException();
    return note;
  }

  async update(ownerId: string, id: string, text: string): Promise<Note> {
    await this.notes.update({ id, ownerId }, { text });
    return this.one(ownerId, id);
  }

  async delete(ownerId: string, id: string): Promise<void> {
    await this.one(ownerId, id);
    await this.notes.delete({ id, ownerId });
  }
}
