import { LIMITS, SCOPES, type Bot, type Scope } from "@roomserver/client";
import { useState } from "preact/hooks";
import { say } from "../app/explain";
import { PERSONS_NAME } from "../app/fields";
import { client } from "../app/session";
import { instant } from "../app/wording";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { Check, Field, FormError, useSending } from "./form";
import { Modal } from "./modal";
import { useRead } from "./reading";

const ALL = Object.keys(SCOPES) as Scope[];

/** The own bots: which there are, what they may, their end, and new ones. */
export function BotsDialog() {
  const [bots, setBots] = useState<readonly Bot[] | null>(null);
  const [made, setMade] = useState<{ bot: Bot; token: string } | null>(null);
  const problem = useRead(() => client.request("bot.list", {}).then((answer) => setBots(answer.bots)));
  const add = (fresh: { bot: Bot; token: string }): void => {
    setMade(fresh);
    setBots((known) => [...(known ?? []), fresh.bot]);
  };
  return (
    <Modal title="My bots">
      {made ? (
        <Token bot={made.bot} token={made.token} done={() => setMade(null)} />
      ) : bots ? (
        <>
          <List bots={bots} changed={setBots} />
          <NewBot made={add} />
        </>
      ) : (
        <p class="muted" role="status">{problem || "One moment…"}</p>
      )}
    </Modal>
  );
}

function List({ bots, changed }: { bots: readonly Bot[]; changed: (bots: readonly Bot[]) => void }) {
  if (bots.length === 0) return <p class="muted">You have no bots yet. A bot is a program that comes into rooms under a name of its own; everybody sees that it is one.</p>;
  return (
    <ul class="rows" data-testid={T.botList}>
      {bots.map((bot) => <Row key={bot.user.id} bot={bot} changed={changed} />)}
    </ul>
  );
}

function Row({ bot, changed }: { bot: Bot; changed: (bots: readonly Bot[]) => void }) {
  const [asks, setAsks] = useState(false);
  const { busy, problem, send } = useSending();
  const { user, scopes, online, token_expires_at_ms } = bot;
  const revoke = send(async () => changed((await client.request("bot.revoke", { bot_id: user.id })).bots));
  return (
    <li>
      <Avatar user={user} size="small" />
      <span class="row-text">
        <span class="row-title">{user.name} {online && <span class="tag live">connected</span>}</span>
        <span class="muted">{scopes.length === 0 ? "may only look on" : scopes.join(", ")}</span>
        <span class="muted">{token_expires_at_ms === null ? "Its token has run out" : `Its token is good until ${instant(token_expires_at_ms)}, longer when it is used`}</span>
        {asks && (
          <form class="stack" onSubmit={revoke}>
            <p class="consequence">{user.name} is put out at once. Its name, its token and its roles are gone for good.</p>
            <FormError problem={problem} />
            <span class="row-end">
              <button type="button" onClick={() => setAsks(false)}>Keep it</button>
              <button class="primary hot" type="submit" disabled={busy} data-testid={T.botRevokeConfirm}>End this bot</button>
            </span>
          </form>
        )}
      </span>
      {!asks && <button class="danger" data-testid={T.botRevoke} aria-label={`End ${user.name}…`} onClick={() => setAsks(true)}>End…</button>}
    </li>
  );
}

function NewBot({ made }: { made: (fresh: { bot: Bot; token: string }) => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["chat.read", "chat.write"]);
  const { busy, problem, at, send } = useSending({ name: PERSONS_NAME });
  const create = send(async () => made(await client.request("bot.create", { name: name.trim(), scopes: [...scopes] })));
  const isName = at === "name" || at === "username";
  return (
    <form class="stack" onSubmit={create} aria-labelledby="bot-title" data-testid={T.botForm}>
      <h3 id="bot-title">A new bot</h3>
      <Field label="Name" value={name} change={setName} required minLength={2} maxLength={LIMITS.NAME_CHARS} autocomplete="off" testid={T.botName} problem={isName ? problem : null} />
      <fieldset class="checks">
        <legend>It may</legend>
        {ALL.map((scope) => (
          <Check key={scope} label={SCOPES[scope]} on={scopes.includes(scope)} testid={`bot-scope-${scope}`} change={(on) => setScopes(ALL.filter((one) => (one === scope ? on : scopes.includes(one))))} />
        ))}
      </fieldset>
      <FormError problem={isName ? null : problem} />
      <div class="row-end">
        <button class="primary" type="submit" disabled={busy} data-testid={T.botCreate}>Make the bot</button>
      </div>
    </form>
  );
}

/** The token, this once: the server keeps only what it needs to know it again. */
function Token({ bot, token, done }: { bot: Bot; token: string; done: () => void }) {
  const copy = (): void => {
    const copied = navigator.clipboard?.writeText(token) ?? Promise.reject(new Error("no clipboard"));
    copied.then(() => say("Copied."), () => say("This browser does not let a page copy: mark the token and copy it by hand."));
  };
  return (
    <section class="stack" aria-labelledby="token-title">
      <h3 id="token-title">{bot.user.name}'s token</h3>
      <p class="consequence">Whoever has it is {bot.user.name}. It is shown this once: keep it where you keep passwords. When it gets lost, end the bot and make another.</p>
      <output class="secret" data-testid={T.botToken}>{token}</output>
      <p class="muted">With the Python client: <code>ROOMSERVER_TOKEN=… roomclient bot FILE --url {location.origin}</code></p>
      <div class="row-end">
        <button class="primary" onClick={copy} data-testid={T.botCopy}>Copy</button>
        <button onClick={done} data-testid={T.botDone}>I have it</button>
      </div>
    </section>
  );
}
