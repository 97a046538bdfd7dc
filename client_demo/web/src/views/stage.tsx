import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { muted, volume } from "../app/prefs";
import { showPerson } from "../app/dialogs";
import { player, snapshot, state } from "../app/room";
import { client } from "../app/session";
import { looksLikeVideo, type Member, type Play, RoomPlayer } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { Volume } from "./dock";
import { Icon } from "./icons";

const CROWD = 36;

export function Stage() {
  const mount = useRef<HTMLDivElement>(null);
  const held = useRef<RoomPlayer | null>(null);
  useEffect(() => {
    if (!mount.current) return;
    const made = new RoomPlayer(mount.current, () => client.clock.now(), (view) => (player.value = view));
    held.current = made;
    const loudness = effect(() => made.setVolume(volume.value, muted.value));
    let last: Play | null | undefined;
    const follow = effect(() => {
      const play = snapshot.value ? snapshot.value.booth.play : undefined;
      if (play === undefined || play === last) return;
      last = play;
      made.set(play);
    });
    return () => {
      follow();
      loudness();
      made.dispose();
    };
  }, []);
  const { onAir, blocked, problem } = player.value;
  return (
    <section class={`stage ${onAir ? "lit" : ""}`} aria-label="Stage">
      <div class="screen">
        <Artwork play={onAir} />
        <div class="player" ref={mount} data-testid={T.player} data-play-id="" data-playing="false" />
        {problem && <p class="screen-note" role="status">{problem}</p>}
        {blocked && (
          <button class="primary big tap" data-testid={T.tapToListen} onClick={() => held.current?.unblock()}>
            Tap to listen
          </button>
        )}
      </div>
      <Booth play={onAir} />
      <Crowd />
      <Volume />
    </section>
  );
}

/** What stands on the screen while there is only sound. */
function Artwork({ play }: { play: Play | null }) {
  if (play && (play.media.source === "youtube" || looksLikeVideo(play.media.source_id))) return null;
  return (
    <div class={`artwork ${play ? "spinning" : ""}`} aria-hidden="true">
      <div class="record">
        {play?.media.thumbnail_url && <img src={play.media.thumbnail_url} alt="" referrerpolicy="no-referrer" />}
      </div>
      <div class="caption">
        <p class="caption-title">{play ? play.media.title : "The booth is free"}</p>
        <p class="caption-artist">{play ? (play.media.artist ?? "") : "Join the waitlist and play something."}</p>
      </div>
    </div>
  );
}

function Booth({ play }: { play: Play | null }) {
  const dj = play?.dj ?? null;
  return (
    <div class="booth">
      <div class="dj">{dj ? <button class="face" aria-label={`About ${dj.name}`} onClick={() => showPerson(dj)}><Avatar user={dj} size="big" /></button> : <span class="avatar big vacant" aria-hidden="true"><Icon name="disc" /></span>}</div>
      <p class="desk">
        <span class="desk-label">{play && !dj ? "Autoplay" : "DJ"}</span>
        <span class="desk-name" data-testid={T.djName}>{dj ? dj.name : play ? "House playlist" : "Nobody yet"}</span>
      </p>
    </div>
  );
}

/** Everybody else, in front of the booth; who woots, dances. */
function Crowd() {
  const here = state.value;
  if (!here) return <ul class="crowd" />;
  const djId = here.snapshot.booth.dj?.id;
  const others = here.members.members.filter((member) => member.user.id !== djId);
  const shown = others.slice(0, CROWD);
  const more = Math.max(0, here.members.population - shown.length - (djId ? 1 : 0));
  return (
    <ul class="crowd" aria-label="Audience">
      {shown.map((member) => <Fan key={member.user.id} member={member} vote={here.cast[member.user.id] ?? 0} />)}
      {more > 0 && <li class="fan more">+{more}</li>}
    </ul>
  );
}

function Fan({ member, vote }: { member: Member; vote: number }) {
  const mood = vote > 0 ? "dancing" : vote < 0 ? "bored" : "";
  const words = vote > 0 ? `${member.user.name} woots` : member.user.name;
  return (
    <li class={`fan ${mood}`} title={words}>
      <button class="face" aria-label={words} onClick={() => showPerson(member.user)}><Avatar user={member.user} /></button>
    </li>
  );
}
