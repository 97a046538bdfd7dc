import { dialog, signIn } from "../app/dialogs";
import { isFavorite, setFavorite } from "../app/favorites";
import { follow } from "../app/route";
import { info, members } from "../app/room";
import { isGuest, me, status } from "../app/session";
import { T } from "../testids";
import { AccountMenu, MENU } from "./accountmenu";
import { Avatar } from "./avatar";
import { ConnectionState } from "./connection";
import { Icon } from "./icons";

export function Header() {
  return (
    <header class="top">
      <a class="brand" href="/" onClick={follow} aria-label="roomserver: all rooms">
        <Icon name="disc" />
        <span class="brand-name">roomserver</span>
      </a>
      <RoomTitle />
      <span class="room-buttons"><Star /><HistoryButton /></span>
      <ConnectionState />
      <Account />
    </header>
  );
}

function RoomTitle() {
  const here = info.value;
  if (!here) return null;
  return (
    <div class="room-title">
      <h1 data-testid={T.roomTitle} title={here.description}>{here.name}</h1>
      <p class="population">
        <Icon name="people" />
        <span data-testid={T.population}>{members.value?.population ?? 0}</span>
        <span class="visually-hidden"> people here</span>
      </p>
    </div>
  );
}

/** Marks the room as a favourite. */
function Star() {
  const here = info.value;
  if (!here || isGuest.value) return null;
  const on = isFavorite(here.id);
  return (
    <button class="quiet icon-button star" aria-pressed={on} aria-label="Favourite room" title="Favourite room" data-testid={T.favorite} onClick={() => void setFavorite(here.id, !on)}>
      <Icon name="star" />
    </button>
  );
}

function HistoryButton() {
  if (!info.value) return null;
  return (
    <button class="quiet icon-button" aria-label="History" title="What was played" data-testid={T.historyOpen} onClick={() => (dialog.value = { kind: "history" })}>
      <Icon name="history" />
    </button>
  );
}

function Account() {
  // Whoever was erased has no name here any more.
  const user = status.value.kind === "stopped" ? null : me.value;
  if (!user) return <div class="account" />;
  return (
    <div class="account">
      <button class="quiet" popovertarget={MENU} aria-haspopup="menu" aria-label={`Account of ${user.name}`} data-testid={T.accountMenu}>
        <Avatar user={user} size="small" />
        <span class="account-name" data-testid={T.userName}>{user.name}</span>
      </button>
      {isGuest.value && <button class="primary" data-testid={T.signIn} onClick={signIn}>Sign in</button>}
      <AccountMenu />
    </div>
  );
}
