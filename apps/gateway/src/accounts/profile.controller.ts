import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ChangeProfile, GetProfile, NewPreferences, Profile } from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import type { z } from 'zod';
import { Rpc } from '../rpc.js';
import { Me, type Caller } from '../web/auth.js';

const LOST = 'The account has lost its number to another';

@Controller('me')
export class ProfileController {
  constructor(private readonly rpc: Rpc) {}

  @Get()
  @Describe('My profile, and how I want to be told', { 200: Profile, 404: LOST })
  get(@Me() me: Caller): Promise<Profile> {
    return this.rpc.request(GetProfile, { userId: me.id });
  }

  @Patch()
  @Describe('Change how I want to be told: what is not named stays', { 200: Profile, 404: LOST })
  change(
    @Me() me: Caller,
    @Body({ schema: NewPreferences }) wanted: z.output<typeof NewPreferences>,
  ): Promise<Profile> {
    return this.rpc.request(ChangeProfile, { ...wanted, userId: me.id });
  }
}
