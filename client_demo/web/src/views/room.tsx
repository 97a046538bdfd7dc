import { useState } from "preact/hooks";
import { myPlace, refusal, room, snapshot, state } from "../app/room";
import { explain } from "../app/explain";
import { follow } from "../app/route";
import type { Room } from "../sdk";
import { Chat } from "./chat";
import { Dock } from "./dock";
import { Icon, type IconName } from "./icons";
import { NoticeBanner } from "./notice";
import { People } from "./people";
import { Stage } from "./stage";
import { Waitlist } from "./waitlist";

type Tab = "chat" | "queue" | "people";

export function RoomPage() {
  const [tab, setTab] = useState<Tab>("chat");
  const here = room.value;
  if (refusal.value && here && !state.value) return <Refused here={here} />;
  return (
    <main id="main" class={`room ${state.value ? "" : "entering"}`} data-tab={tab}>
      <NoticeBanner />
      <div class="middle">
        {/* A new room is a new player. */}
        <Stage key={here?.ref} />
        <Dock />
      </div>
      <div class="tabs" role="tablist" aria-label="Panels">
        <TabButton tab="chat" icon="chat" chosen={tab} choose={setTab}>Chat</TabButton>
        <TabButton tab="queue" icon="list" chosen={tab} choose={setTab}>
          Waitlist {waiting()}
        </TabButton>
        <TabButton tab="people" icon="people" chosen={tab} choose={setTab}>People</TabButton>
      </div>
      <Waitlist />
      <People />
      <Chat />
    </main>
  );
}

/** The own place of all, or how many wait. */
function waiting(): string {
  const all = snapshot.value?.waitlist.length ?? 0;
  return myPlace.value >= 0 ? `${myPlace.value + 1}/${all}` : all > 0 ? String(all) : "";
}

interface TabProps {
  tab: Tab;
  icon: IconName;
  chosen: Tab;
  choose: (tab: Tab) => void;
  children: preact.ComponentChildren;
}

function TabButton({ tab, icon, chosen, choose, children }: TabProps) {
  return (
    <button role="tab" class={`tab tab-${tab}`} aria-selected={chosen === tab} aria-controls={`panel-${tab}`} onClick={() => choose(tab)}>
      <Icon name={icon} /> {children}
    </button>
  );
}

/** The door: a password to give, or the reason why not. */
function Refused({ here }: { here: Room }) {
  const error = refusal.value;
  const [password, setPassword] = useState("");
  if (!error) return null;
  const asks = error.code === "wrong_password";
  const title = asks ? "This room has a password" : error.code === "not_found" ? "There is no such room" : "You cannot enter";
  return (
    <main id="main" class="door">
      <h1>{title}</h1>
      {(!asks || password !== "") && error.code !== "not_found" && <p>{explain(error)}</p>}
      {asks && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
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
      <a href="/" onClick={follow}>See all rooms</a>
    </main>
  );
}
