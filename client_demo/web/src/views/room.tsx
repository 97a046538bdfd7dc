import { useState } from "preact/hooks";
import { panel, type Panel } from "../app/chat";
import { closed, inside, members, myPlace, refusal, room, serverNow, waitlist } from "../app/room";
import { instant } from "../app/wording";
import { attempt, explain } from "../app/explain";
import { follow } from "../app/route";
import { client, me } from "../app/session";
import type { RequestError, Room, RoomClosed } from "@roomserver/client";
import { Chat } from "./chat";
import { Dock } from "./dock";
import { Icon, type IconName } from "./icons";
import { People } from "./people";
import { Stage } from "./stage";
import { Waitlist } from "./waitlist";
import { T } from "../testids";

export function RoomPage() {
  const here = room.value;
  const tab = panel.value;
  const out = closed.value ?? banned();
  if (out && here) return <PutOut here={here} why={out} />;
  if (refusal.value && here && !inside.value) return <Refused key={here.ref} here={here} />;
  return (
    <main id="main" class={`room ${inside.value ? "" : "entering"}`} data-tab={tab}>
      <div class="middle">
        {/* A new room is a new player. */}
        <Stage key={here?.ref} />
        <Dock />
      </div>
      <div class="tabs" role="tablist" aria-label="Panels">
        <TabButton tab="chat" icon="chat">Chat</TabButton>
        <TabButton tab="queue" icon="list">
          Waitlist {waiting()}
        </TabButton>
        <TabButton tab="people" icon="people">People {members.value?.population}</TabButton>
      </div>
      <Waitlist />
      <People />
      <Chat key={here?.ref} />
    </main>
  );
}

/** The own place of all, or how many wait. */
function waiting(): string {
  const all = waitlist.value.length;
  return myPlace.value >= 0 ? `${myPlace.value + 1}/${all}` : all > 0 ? String(all) : "";
}

interface TabProps {
  tab: Panel;
  icon: IconName;
  children: preact.ComponentChildren;
}

function TabButton({ tab, icon, children }: TabProps) {
  return (
    <button role="tab" class={`tab tab-${tab}`} aria-selected={panel.value === tab} aria-controls={`panel-${tab}`} onClick={() => (panel.value = tab)}>
      <Icon name={icon} /> {children}
    </button>
  );
}

type Outside = Pick<RoomClosed, "reason" | "until_ms" | "note"> & { name: string };

/** Whoever comes back banned is told what they were told when it happened. */
function banned(): Outside | null {
  const error = inside.value ? null : refusal.value;
  if (error?.code !== "banned" || error.facts.scope === "server") return null;
  const { until_ms, reason } = error.facts as { until_ms?: number; reason?: string };
  return { reason: "banned", name: room.value?.ref ?? "", ...(until_ms !== undefined && { until_ms }), ...(reason !== undefined && { note: reason }) };
}

/** Outside again: why, until when, and the ways on. */
function PutOut({ here, why }: { here: Room; why: Outside }) {
  const { reason, name, until_ms, note } = why;
  const over = reason === "kicked" || (reason === "banned" && until_ms !== undefined && serverNow.value >= until_ms);
  return (
    <main id="main" class="door" data-testid={T.closedPage} data-reason={reason}>
      <h1>{reason === "deleted" || reason === "archived" ? `${name} is closed` : `You were ${reason === "banned" ? "banned from" : "put out of"} ${name}`}</h1>
      <p>{closedWords(reason, until_ms)}</p>
      {note && <p>The reason given: {note}</p>}
      {over && <button class="primary big" data-testid={T.reenter} onClick={() => void here.reenter()}>Enter again</button>}
      <a href="/" onClick={follow}>See all rooms</a>
    </main>
  );
}

function closedWords(reason: Outside["reason"], until: number | undefined): string {
  if (reason === "deleted") return "Its host has deleted this room.";
  if (reason === "archived") return "Its host is gone. Its staff can open it again within a month; then it is deleted.";
  if (reason === "kicked") return "Staff has put you out. You may come back.";
  return until === undefined ? "The ban has no end: only staff can lift it." : `You may come back at ${instant(until, serverNow.value)}.`;
}

async function takeOver(here: Room): Promise<void> {
  if (await attempt(client.request("room.claim", { room: here.ref }))) void here.join();
}

/** The door: a password to give, or the reason why not. */
function Refused({ here }: { here: Room }) {
  const error = refusal.value;
  const [password, setPassword] = useState("");
  // What stood here when a password was sent: any other refusal is the answer to it.
  const [before, setBefore] = useState<RequestError | null>(null);
  if (!error) return null;
  // Who tries too fast goes on trying.
  const asks = error.code === "wrong_password" || (before !== null && error.temporary);
  // What no room can be called is refused as a param.
  const unknown = error.code === "not_found" || (error.code === "bad_params" && error.field === "room");
  const title = asks ? "This room has a password" : unknown ? "There is no such room" : "You cannot enter";
  return (
    <main id="main" class="door">
      <h1>{title}</h1>
      {(!asks || (before && error !== before)) && !unknown && <p>{explain(error)}</p>}
      {asks && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setBefore(error);
            void here.join(password);
          }}
        >
          <label>
            Password
            <input type="password" value={password} autocomplete="off" onInput={(e) => setPassword(e.currentTarget.value)} />
          </label>
          <button class="primary" type="submit">Enter</button>
        </form>
      )}
      {error.code === "room_archived" && me.value?.kind !== "guest" && (
        <>
          <p>If you were staff here, you can open it again as its host. Otherwise it is deleted before long.</p>
          <button class="primary" data-testid={T.takeOver} onClick={() => void takeOver(here)}>Take it over</button>
        </>
      )}
      <a href="/" onClick={follow}>See all rooms</a>
    </main>
  );
}
