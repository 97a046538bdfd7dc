import { useState } from "preact/hooks";
import { closer } from "../app/dialogs";
import { say } from "../app/explain";
import { can, snapshot } from "../app/room";
import { changes, chatTtls, COUNT_RANGE, draftOf, problemOf, problems, type CountName, type Draft, type SpanName } from "../app/settings";
import { LIMITS } from "@roomserver/client";
import { T } from "../testids";
import { BlockList } from "./blocklist";
import { Fallback } from "./fallback";
import { Check, Field, FormError, useSending } from "./form";
import { useHere } from "./here";
import { Modal } from "./modal";
import { Owner } from "./owner";
import { Segments } from "./tabs";

type Section = "texts" | "entrance" | "chat" | "queue" | "media" | "voteskip" | "owner";

const SECTIONS: readonly (readonly [Section, string])[] = [
  ["texts", "Texts"],
  ["entrance", "Entrance"],
  ["chat", "Chat"],
  ["queue", "Queue"],
  ["media", "Media"],
  ["voteskip", "Vote skip"],
];

const IN_SECTION: Partial<Record<SpanName | CountName, Section>> = {
  capacity: "entrance",
  slow_mode_ms: "chat", chat_age_ms: "chat", link_age_ms: "chat",
  max_duration_ms: "media", repeat_plays: "media", repeat_ms: "media",
  vote_skip_percent: "voteskip", vote_skip_min: "voteskip",
};

interface PartProps {
  draft: Draft;
  set: (part: Partial<Draft>) => void;
}

export function SettingsDialog() {
  // What was there when the dialog opened: only what was changed here is sent.
  const [before] = useState(snapshot.peek());
  const [section, setSection] = useState<Section>("texts");
  const [draft, setDraft] = useState<Draft | null>(before && draftOf(before));
  const { busy, problem, refuse, send } = useSending();
  const here = useHere();
  if (!draft || !before) return null;
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const save = send(async () => {
    const wrong = problems(draft)[0];
    if (wrong !== undefined) {
      setSection(IN_SECTION[wrong] ?? "queue");
      return refuse("One field cannot be saved like this.");
    }
    const changed = changes(before, draft);
    const close = closer();
    if (Object.keys(changed).length > 0) {
      await here().request("room.update", changed);
      say("The settings are saved.");
    }
    close();
  });
  const tabs = can("OWN_ROOM") ? [...SECTIONS, ["owner", "Owner"] as const] : SECTIONS;
  const props = { draft, set };
  return (
    <Modal title="Room settings" wide>
      <div class="settings">
        <Segments label="Sections" tabs={tabs} chosen={section} choose={setSection} prefix="settings" />
        {section === "owner" ? (
          <Owner info={before.room} />
        ) : (
          <form class="stack settings-form" onSubmit={save} noValidate>
            {section === "texts" && <Texts {...props} />}
            {section === "entrance" && <Entrance {...props} has={before.settings.password} />}
            {section === "chat" && <ChatRules {...props} />}
            {section === "queue" && <Queue {...props} />}
            {section === "media" && <MediaRules {...props} has={before.settings.fallback === true} />}
            {section === "voteskip" && <VoteSkip {...props} />}
            <FormError problem={problem} />
            <button class="primary" type="submit" disabled={busy} data-testid={T.settingsSave}>Save</button>
          </form>
        )}
        {section === "media" && (
          <section class="stack">
            <h3>Block-list</h3>
            <BlockList />
          </section>
        )}
      </div>
    </Modal>
  );
}

function Texts({ draft, set }: PartProps) {
  return (
    <>
      <Field label="Name" value={draft.name} change={(name) => set({ name })} required maxLength={LIMITS.ROOM_NAME_CHARS} testid="settings-name" />
      <Field label="Description" value={draft.description} change={(description) => set({ description })} maxLength={LIMITS.ROOM_DESCRIPTION_CHARS} hint="Stands in the list of rooms" testid="settings-description" />
      <Field label="Welcome text" value={draft.welcome} change={(welcome) => set({ welcome })} maxLength={LIMITS.ROOM_WELCOME_CHARS} hint="Stands above the chat; %u becomes the reader's name" testid="settings-welcome" />
    </>
  );
}

function Entrance({ draft, set, has }: PartProps & { has: boolean }) {
  return (
    <>
      <Check label="Private: not in the list of rooms" on={draft.private} change={(isPrivate) => set({ private: isPrivate })} testid="settings-private" />
      {has && <Check label="Remove the password" on={draft.open} change={(open) => set({ open })} />}
      {!draft.open && (
        <Field
          label={has ? "New password" : "Password"}
          type="password"
          value={draft.password}
          change={(password) => set({ password })}
          maxLength={LIMITS.PASSWORD_CHARS_MAX}
          autocomplete="new-password"
          hint={has ? "Empty: keep the present one" : "Empty: everyone may enter"}
          testid="settings-password"
        />
      )}
      <Count name="capacity" label="Capacity" hint="So many people fit in" draft={draft} set={set} />
      <Check label="Guests may chat" on={draft.guests_chat} change={(guests_chat) => set({ guests_chat })} testid="settings-guests-chat" />
    </>
  );
}

function ChatRules(props: PartProps) {
  return (
    <>
      <ChatTtl {...props} />
      <Span name="slow_mode_ms" label="Slow mode" hint="One message per person in this time" {...props} />
      <Span name="chat_age_ms" label="Account age to chat" hint="Newer accounts only read, and so do guests" {...props} />
      <Span name="link_age_ms" label="Account age to post links" hint="Newer accounts write without links" {...props} />
    </>
  );
}

/** Retention as a setting: everyone is told at the door, and nothing is kept longer than it was promised. */
function ChatTtl({ draft, set }: PartProps) {
  return (
    <label class="field">
      <span>Chat is kept for</span>
      <select value={draft.chat_ttl_ms} data-testid="settings-chat_ttl_ms" onChange={(event) => set({ chat_ttl_ms: Number(event.currentTarget.value) })}>
        {chatTtls(draft.chat_ttl_ms).map(([ms, words]) => <option key={ms} value={ms}>{words}</option>)}
      </select>
      <small class="muted">Everyone here is told. Holds for what is said from now on; never longer than the server's policy or the law where somebody lives. Once an hour.</small>
    </label>
  );
}

function Queue(props: PartProps) {
  return (
    <>
      <div class="pair">
        <Count name="waitlist_cap" label="Waitlist places" {...props} />
        <Count name="plays_per_turn" label="Plays per turn" {...props} />
      </div>
      <Span name="afk_ms" label="Remove who is away" hint="Without a sign of life for so long, a place is lost; warned a minute ahead" {...props} />
      <Span name="dj_age_ms" label="Account age to DJ" {...props} />
      <div class="pair">
        <Span name="lock_max_ms" label="Unlock after" hint="A locked waitlist opens by itself" {...props} />
        <Span name="cycle_off_max_ms" label="Cycle again after" hint="Cycling comes back by itself" {...props} />
      </div>
    </>
  );
}

function MediaRules({ has, ...props }: PartProps & { has: boolean }) {
  return (
    <>
      <Span name="max_duration_ms" label="Longest track" hint="Like 10:00; longer ones cannot be played" {...props} />
      <div class="pair">
        <Count name="repeat_plays" label="Not again within plays" hint="0 is off" {...props} />
        <Span name="repeat_ms" label="Not again within" hint="Time since it was played" {...props} />
      </div>
      <Fallback has={has} value={props.draft.fallback} change={(fallback) => props.set({ fallback })} />
    </>
  );
}

function VoteSkip(props: PartProps) {
  return (
    <>
      <p class="muted">When so many of the listening users vote for it, the play is skipped.</p>
      <div class="pair">
        <Count name="vote_skip_percent" label="Percent of listeners" hint="0 is off" {...props} />
        <Count name="vote_skip_min" label="At least votes" {...props} />
      </div>
    </>
  );
}

interface RuleProps<Name> extends PartProps {
  name: Name;
  label: string;
  hint?: string;
}

function Span({ name, label, hint, draft, set }: RuleProps<SpanName>) {
  const problem = problemOf(draft, name);
  return (
    <div class={problem ? "wrong" : ""}>
      <Field label={label} value={draft[name]} change={(value) => set({ [name]: value })} placeholder="off" maxLength={32} hint={problem ?? hint ?? ""} testid={`settings-${name}`} />
    </div>
  );
}

function Count({ name, label, hint, draft, set }: RuleProps<CountName>) {
  const problem = problemOf(draft, name);
  const [min, max] = COUNT_RANGE[name];
  return (
    <div class={problem ? "wrong" : ""}>
      <Field label={label} type="number" min={min} max={max} value={draft[name]} change={(value) => set({ [name]: value })} hint={problem ?? hint ?? ""} testid={`settings-${name}`} />
    </div>
  );
}
