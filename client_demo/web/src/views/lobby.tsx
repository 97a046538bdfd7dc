import { useEffect, useState } from "preact/hooks";
import { dialog, signIn } from "../app/dialogs";
import { explain } from "../app/explain";
import { favorites, isFavorite, loadFavorites, setFavorite } from "../app/favorites";
import { follow, roomPath } from "../app/route";
import { client, isGuest, online } from "../app/session";
import type { RoomSummary } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { Icon } from "./icons";

const REFRESH_MS = 10_000;

export function Lobby() {
  const [query, setQuery] = useState("");
  const { rooms, problem } = useRooms(query.trim());
  const starred = query.trim() === "" && !isGuest.value ? favorites.value : [];
  return (
    <main id="main" class="lobby">
      <section class="hero">
        <h1>Hear it together.</h1>
        <p>Step into a room, take a turn as DJ, and listen to the same moment of the same track as everyone else.</p>
        <CreateButton />
      </section>
      {starred.length > 0 && (
        <section class="favorites" aria-labelledby="favorites-title">
          <h2 id="favorites-title">Your favourites</h2>
          <ul class="rooms" data-testid={T.favoriteList}>
            {[...starred].sort(byLife).map((room) => <RoomCard key={room.id} room={room} />)}
          </ul>
        </section>
      )}
      <section aria-labelledby="rooms-title">
        <div class="lobby-bar">
          <h2 id="rooms-title">Live rooms</h2>
          <input
            type="search"
            value={query}
            maxLength={64}
            placeholder="Search rooms"
            aria-label="Search rooms"
            data-testid={T.roomSearch}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        </div>
        {problem && <p class="form-error" role="alert">{problem}</p>}
        <RoomList rooms={rooms} searching={query.trim() !== ""} />
      </section>
    </main>
  );
}

/** The directory, looked at again every few seconds. */
function useRooms(query: string) {
  const [rooms, setRooms] = useState<RoomSummary[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const connected = online.value;
  useEffect(() => {
    if (!connected) return;
    let current = true;
    const load = (): void => {
      if (!isGuest.peek()) void loadFavorites();
      client
        .request("room.list", query ? { query } : {})
        .then((page) => current && (setRooms(page.rooms), setProblem(null)))
        .catch((error: unknown) => current && setProblem(explain(error)));
    };
    const soon = setTimeout(load, query ? 250 : 0);
    const timer = setInterval(load, REFRESH_MS);
    return () => {
      current = false;
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [connected, query]);
  return { rooms, problem };
}

function CreateButton() {
  if (isGuest.value) return <button class="primary big" onClick={signIn}>Sign in to DJ</button>;
  return (
    <button class="primary big" data-testid={T.roomCreate} onClick={() => (dialog.value = { kind: "create-room" })}>
      Create a room
    </button>
  );
}

function RoomList({ rooms, searching }: { rooms: RoomSummary[] | null; searching: boolean }) {
  if (rooms === null) return <ul class="rooms loading" aria-busy="true"><li /><li /><li /></ul>;
  if (rooms.length === 0) {
    return <p class="empty-note">{searching ? "No room matches that." : "No room is open yet. Create the first one."}</p>;
  }
  return (
    <ul class="rooms" data-testid={T.roomList}>
      {[...rooms].sort(byLife).map((room) => <RoomCard key={room.id} room={room} />)}
    </ul>
  );
}

/** The server sorts by population; among equals, rooms with music come first. */
function byLife(a: RoomSummary, b: RoomSummary): number {
  return b.population - a.population || Number(b.play !== null) - Number(a.play !== null);
}

function RoomCard({ room }: { room: RoomSummary }) {
  return (
    <li class="room-item">
      <a class={`card ${room.play ? "live" : ""}`} href={roomPath(room.slug)} onClick={follow}>
        <span class="card-top">
          <strong class="card-name">{room.name}</strong>
          {room.private && <span class="tag">private</span>}
          {room.password && <span class="tag"><Icon name="lock" /> password</span>}
          <span class="population"><Icon name="people" /> {room.population}</span>
        </span>
        <span class="card-text">{room.description || "No description yet."}</span>
        <span class="card-play">
          {room.dj && <Avatar user={room.dj} size="small" />}
          <span class="card-track">
            <span class="card-title">{room.play?.media.title ?? "The booth is free"}</span>
            <span class="card-dj">{room.dj ? `${room.dj.name} is playing` : room.play ? "House playlist, the booth is free" : "Be the first DJ"}</span>
          </span>
          {room.play && <span class="bars" aria-hidden="true"><i /><i /><i /><i /></span>}
        </span>
      </a>
      {!isGuest.value && (
        <button
          class="quiet icon-button star"
          aria-pressed={isFavorite(room.id)}
          aria-label={`${room.name} is a favourite`}
          title="Favourite"
          data-testid={T.favorite}
          onClick={() => void setFavorite(room.id, !isFavorite(room.id))}
        >
          <Icon name="star" />
        </button>
      )}
    </li>
  );
}
