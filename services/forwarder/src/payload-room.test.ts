import { beforeEach, describe, expect, it } from 'vitest';
import { createPayloadRoom, type NoRoom, type PayloadRoom } from './payload-room.ts';

describe('the room for payloads', () => {
  let refused: NoRoom[];
  let room: PayloadRoom;

  beforeEach(() => {
    refused = [];
    room = createPayloadRoom({
      maxPayloads: 2,
      maxBytes: 1_000,
      onNoRoom: (reason) => refused.push(reason),
    });
  });

  const enter = (bytes: number) => {
    const leave = room.enter(bytes);
    if (leave === undefined) throw new Error('no room');
    return leave;
  };

  it('is for so many payloads, and there again when one has left', () => {
    const leave = enter(1);
    enter(1);
    expect(room.enter(1)).toBeUndefined();
    leave();
    leave();
    enter(1);
    expect(room.enter(1)).toBeUndefined();
    expect(refused).toEqual(['full', 'full']);
  });

  it('is for so many bytes, and for one payload of any size', () => {
    const leave = enter(5_000);
    expect(room.enter(1)).toBeUndefined();
    leave();
    enter(600);
    expect(room.enter(401)).toBeUndefined();
    enter(400);
  });

  it('is there for nobody when it is closed', () => {
    room.close();
    expect(room.enter(1)).toBeUndefined();
    expect(refused).toEqual(['stopping']);
  });
});
