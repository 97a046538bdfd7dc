import type { LogLine, Member } from "@roomserver/client";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { showPerson } from "../app/dialogs";
import { booth, cast, log, members, serverNow } from "../app/room";
import { capacity, floorOf, seats, type Floor, type Seat } from "../app/seats";
import { Figure, type Mood } from "./figure";

/** Beyond this a crowd is a crowd, and drawing more of it only costs. */
const SHOWN_MAX = 90;
/** So long somebody who said something is seen to talk. */
const TALK_MS = 4000;
const TALKERS = 8;

/** Everybody but the DJ, in front of the booth; who woots, dances. */
export function Crowd() {
  const floor = useRef<HTMLUListElement>(null);
  const size = useFloor(floor);
  const here = members.value;
  const djId = booth.value?.dj?.id;
  const others = here?.members.filter((member) => member.user.id !== djId) ?? [];
  const fit = Math.min(SHOWN_MAX, capacity(size));
  const shown = others.slice(0, fit);
  const places = seats(shown.length, size);
  const more = here ? Math.max(0, here.population - shown.length - (djId ? 1 : 0)) : 0;
  const talking = talkers(log.value, serverNow.value);
  return (
    <div class={`crowd rows-${size.rows}`}>
      <ul class="floor" ref={floor} aria-label="Audience">
        {shown.map((member, index) => {
          const seat = places[index];
          const { id } = member.user;
          return seat && <Fan key={id} member={member} seat={seat} vote={cast.value[id] ?? 0} talks={talking.has(id)} />;
        })}
      </ul>
      {more > 0 && <p class="more">+{more}<span class="visually-hidden"> more people</span></p>}
    </div>
  );
}

function useFloor(floor: { current: HTMLElement | null }): Floor {
  const [size, setSize] = useState<Floor>(floorOf(0, 0));
  useLayoutEffect(() => {
    const element = floor.current;
    if (!element) return;
    const measure = (): void => setSize(floorOf(element.clientWidth, element.clientHeight));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}

function talkers(lines: readonly LogLine[], now: number): Set<string> {
  const found = new Set<string>();
  for (const entry of lines.slice(-TALKERS)) {
    if (entry.kind === "message" && now - entry.message.at_ms < TALK_MS) found.add(entry.message.user.id);
  }
  return found;
}

const MOODS: Record<string, Mood> = { "1": "woot", "-1": "meh" };

interface FanProps {
  member: Member;
  seat: Seat;
  vote: number;
  talks: boolean;
}

function Fan({ member, seat, vote, talks }: FanProps) {
  const { user } = member;
  const mood = MOODS[vote] ?? "idle";
  const place = (element: HTMLLIElement | null): void => {
    if (element) element.style.transform = `translateX(${Math.round(seat.x)}px)`;
  };
  const words = vote > 0 ? `${user.name} woots` : user.name;
  return (
    <li class={`fan row-${seat.row} ${mood}`} ref={place}>
      <button class="face" aria-label={words} title={words} onClick={() => showPerson(user)}>
        <Figure user={user} mood={mood} />
        {talks && <span class="talks" aria-hidden="true"><i /><i /><i /></span>}
      </button>
    </li>
  );
}
