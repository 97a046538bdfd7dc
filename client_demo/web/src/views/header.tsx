import { dialog, signIn } from "../app/dialogs";
import { isFavorite, setFavorite } from "../app/favorites";
import { attempt } from "../app/explain";
import { follow, route } from "../app/route";
import { player, serverNow, snapshot, state } from "../app/room";
import { client, isGuest, me } from "../app/session";
import { endsAtMs, formatDuration } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { ConnectionState } from "./connection";
import { Icon } from "./icons";

export function Header() {
  return (
    <header class="top">
      <a class="brand" href="/" onClick={follow} aria-label="All rooms">
        <Icon name="disc" />
        <span class="brand-name">roomserver</span>
      </a>
      <RoomTitle />
      <span class="room-buttons"><Star /><HistoryButton /></span>
      <NowPlaying />
      <ConnectionState />
      <Account />
    </header>
  );
}

function RoomTitle() {
  const here = snapshot.value;
  if (!here) return null;
  const members = state.value?.members;
  return (
    <div class="room-title">
      <h1 data-testid={T.roomTitle} title={here.room.description}>{here.room.name}</h1>
      <p class="population">
        <Icon name="people" />
        <span data-testid={T.population}>{members?.population ?? 0}</span>
        <span class="visually-hidden"> people here</span>
      </p>
    </div>
  );
}

/** Marks the room as a favourite. */
function Star() {
  const here = snapshot.value?.room;
  if (!here || isGuest.value) return null;
  const on = isFavorite(here.id);
  return (
    <button class="quiet icon-button star" aria-pressed={on} aria-label="Favourite room" title="Favourite room" data-testid={T.favorite} onClick={() => void setFavorite(here.id, !on)}>
      <Icon name="star" />
    </button>
  );
}

function HistoryButton() {
  if (!snapshot.value) return null;
  return (
    <button class="quiet icon-button" aria-label="History" title="What was played" data-testid={T.historyOpen} onClick={() => (dialog.value = { kind: "history" })}>
      <Icon name="history" />
    </button>
  );
}

function NowPlaying() {
  if (route.value.page !== "room") return null;
  // The place is kept while the room is on its way.
  if (!snapshot.value) return <div class="now" />;
  const play = player.value.onAir;
  if (!play) {
    return (
      <div class="now empty">
        <p data-testid={T.nowPlaying}>Nobody is playing</p>
      </div>
    );
  }
  const { media } = play;
  const length = play.duration_ms;
  const left = Math.min(length, Math.max(0, endsAtMs(play) - serverNow.value));
  return (
    <div class="now">
      <p class="now-line">
        <strong data-testid={T.nowPlaying}>{media.artist ? `${media.artist} – ${media.title}` : media.title}</strong>
        <span class="time-left" data-testid={T.timeLeft}>−{formatDuration(left)}</span>
      </p>
      <progress max={length} value={length - left} aria-label="Progress of the track" />
    </div>
  );
}

function Account() {
  const user = me.value;
  if (!user) return <div class="account" />;
  if (isGuest.value) {
    return (
      <div class="account">
        <span class="account-name" data-testid={T.userName}>{user.name}</span>
        <button class="primary" data-testid={T.signIn} onClick={signIn}>Sign in</button>
      </div>
    );
  }
  return (
    <div class="account">
      <Avatar user={user} size="small" />
      <span class="account-name" data-testid={T.userName}>{user.name}</span>
      <button class="quiet" onClick={() => void attempt(client.logout())}>Sign out</button>
    </div>
  );
}
