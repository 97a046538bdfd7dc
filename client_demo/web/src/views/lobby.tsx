import { useEffect, useState } from "preact/hooks";
import { dialog, register } from "../app/dialogs";
import { explain } from "../app/explain";
import { favorites, isFavorite, loadFavorites, setFavorite } from "../app/favorites";
import { follow, roomPath } from "../app/route";
import { client, isGuest, online } from "../app/session";
import type { RoomSummary, User } from "@roomserver/client";
import { T } from "../testids";
import { Figure } from "./figure";
import { Icon } from "./icons";
import { Sleeve } from "./sleeve";

const REFRESH_MS = 10_000;

export function Lobby() {
  const [query, setQuery] = useState("");
  const { rooms, problem } = useRooms(query.trim());
  const starred = query.trim() === "" && !isGuest.value ? favorites.value : [];
  return (
    <main id="main" class="lobby">
      <Hero busiest={rooms?.[0] ?? null} />
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

/** What this is, and the one obvious way in: where most people are. */
function Hero({ busiest }: { busiest: RoomSummary | null }) {
  return (
    <section class="hero">
      <div class="beams" aria-hidden="true"><i /><i /><i /></div>
      <h1>Hear it together.</h1>
      <p>Step into a room, take a turn as DJ, and listen to the same moment of the same track as everyone else.</p>
      {/* The place is kept while the rooms are on their way. */}
      <div class="hero-tools">
        {busiest ? (
          <a class="button primary big way-in" href={roomPath(busiest.slug)} data-testid={T.enterBusiest} onClick={follow}>Step into {busiest.name}</a>
        ) : (
          <span class="way-in" />
        )}
        <button class="big" data-testid={isGuest.value ? T.takeTurn : T.roomCreate} onClick={isGuest.value ? register : createRoom}>
          {isGuest.value ? "Make an account" : "Create a room"}
        </button>
      </div>
      <div class="hero-people" aria-hidden="true">
        {DANCERS.map((user, index) => <Figure key={user.id} user={user} mood={index % 3 === 1 ? "idle" : "woot"} headphones={index === 2} />)}
      </div>
    </section>
  );
}

function createRoom(): void {
  dialog.value = { kind: "create-room" };
}

/** Nobody in particular: a picture of what goes on in a room. */
const DANCERS: readonly User[] = ["ada", "moth", "quill", "tuba", "vinyl"].map((id) => ({ id, name: id, kind: "user", created_at_ms: 0 }));

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
        <span class="card-stage">
          <span class="beams" aria-hidden="true"><i /><i /><i /></span>
          <Sleeve play={room.play} />
          {room.dj && <Figure user={room.dj} mood="woot" headphones />}
          <span class="card-population"><Icon name="people" /> {room.population}<span class="visually-hidden"> people</span></span>
        </span>
        <span class="card-body">
          <span class="card-top">
            <strong class="card-name">{room.name}</strong>
            {room.private && <span class="tag">private</span>}
            {room.password && <span class="tag"><Icon name="lock" /> password</span>}
          </span>
          <span class="card-text">{room.description || "No description yet."}</span>
          <span class="card-play">
            <span class={`bars ${room.play ? "" : "still"}`} aria-hidden="true"><i /><i /><i /><i /></span>
            <span class="card-track">
              <span class="card-title">{room.play?.media.title ?? "The booth is free"}</span>
              <span class="card-dj">{room.dj ? `${room.dj.name} is playing` : room.play ? "House playlist, the booth is free" : "Be the first DJ"}</span>
            </span>
          </span>
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
